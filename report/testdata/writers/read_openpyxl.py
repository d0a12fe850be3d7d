"""Opens workbooks with openpyxl, which is strict: read_openpyxl.py FILE…

Prints a line for each that it refuses.
"""
import sys
import warnings

from openpyxl import load_workbook

warnings.simplefilter("ignore")
for path in sys.argv[1:]:
    try:
        for sheet in load_workbook(path).worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    cell.border, cell.fill, cell.font, cell.comment
    except Exception as e:  # whatever it is, the file is refused
        print(path, type(e).__name__, str(e)[:200].replace("\n", " "), sep="\t")
