"""Writes workbooks with openpyxl: write_openpyxl.py FOLDER COUNT SEED.

Beside each workbook stands what must be read from it, one line per row: id, name.
"""
import random
import sys

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Border, Color, Font, GradientFill, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

NAMES = ["Ada", "Zoë", "<b>&", "Ｋen", "two\nlines", "😀 Kim", "O'Neil", " blank "]
CODES = ["0.00", "#,##0.00 [$€-407]", "dd.mm.yyyy", "0%", "00000", "General", "@", "[h]:mm"]


def side(r):
    return Side(style=r.choice(["thin", "medium", "double", None]), color=r.choice([None, Color(indexed=64), Color(auto=True), Color(theme=1, tint=-0.25), "FF00AA00"]))


def write(path, r):
    book = Workbook()
    sheet = book.active
    sheet.title = r.choice(["Customers", "Kunden & mehr", "客户"])
    header = r.choice([1, 1, 3])
    left = r.choice([1, 1, 2])
    if header == 3:
        sheet.cell(1, left, "Spring list").font = Font(bold=True, size=14)
    for i, name in enumerate(["id", "name", "amount", "since"]):
        cell = sheet.cell(header, left + i, name)
        cell.font, cell.fill = Font(bold=True, color="FFFFFFFF"), PatternFill("solid", fgColor="FF1F4E79")
    rows = []
    for n in range(r.randint(3, 25)):
        row = header + 1 + n
        rows.append((f"k{n}", r.choice(NAMES)))
        for i, value in enumerate([*rows[-1], r.random() * 1000, 40000 + n]):
            cell = sheet.cell(row, left + i, value)
            if i > 1:
                cell.number_format = r.choice(CODES)
            if r.random() < 0.5:
                cell.border = Border(left=side(r), right=side(r), top=side(r), diagonal=side(r), diagonalUp=r.random() < 0.3)
            if r.random() < 0.3:
                cell.fill = r.choice([PatternFill("lightUp"), GradientFill(stop=("FF00FF00", "FFFFFFFF")), PatternFill("solid", fgColor=Color(theme=4))])
            if r.random() < 0.3:
                cell.alignment, cell.protection = Alignment(wrap_text=True, textRotation=45), Protection(locked=False)
        if r.random() < 0.2:
            sheet.cell(row, left).comment = Comment("ask Bob", "Ana")
        if r.random() < 0.2:
            sheet.cell(row, left).hyperlink = "https://example.com/?a=1&b=2"
        if r.random() < 0.1:
            sheet.row_dimensions[row].hidden = True
    for n in range(r.randint(0, 9)):
        sheet.column_dimensions[get_column_letter(r.randint(1, 12))].width = r.randint(3, 40)
    if r.random() < 0.3:
        sheet.freeze_panes = sheet.cell(header + 1, left)
    area = f"{get_column_letter(left)}{header}:{get_column_letter(left + 3)}{header + len(rows)}"
    if r.random() < 0.3:
        sheet.add_table(Table(displayName="T1", ref=area))
    elif r.random() < 0.3:
        sheet.auto_filter.ref = area
    if r.random() < 0.3:
        sheet.conditional_formatting.add(area, CellIsRule(operator="greaterThan", formula=["5"], fill=PatternFill(bgColor="FFFF0000")))
    if r.random() < 0.3:
        rule = DataValidation(type="list", formula1='"a,b"')
        sheet.add_data_validation(rule)
        rule.add(area)
    if r.random() < 0.3:
        sheet.oddHeader.center.text = "Page &P"
    other = book.create_sheet("Other")
    other["A1"] = "=1+1"
    book.save(path)
    with open(path + ".txt", "w", encoding="utf8", newline="") as out:
        for key, name in rows:
            out.write(key + "\t" + name.replace("\n", "\\n") + "\n")


def main():
    folder, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    for n in range(count):
        write(f"{folder}/openpyxl-{n:03}.xlsx", random.Random(seed * 1000 + n))


main()
