// Writes workbooks with exceljs: write_exceljs.cjs FOLDER COUNT SEED
const fs = require("fs");
const Excel = require("exceljs");
const { random, names, codes, pick, truth } = require("./random.cjs");

const [folder, count, seed] = process.argv.slice(2);

async function write(n) {
  const r = random(Number(seed) * 1000 + n);
  const book = new Excel.Workbook();
  const sheet = book.addWorksheet(pick(r, ["Customers", "Kunden & mehr", "客户"]), r() < 0.3 ? { views: [{ state: "frozen", ySplit: 1 }] } : {});
  const header = r() < 0.3 ? 3 : 1;
  if (header === 3) sheet.getCell("A1").value = "Spring list";
  sheet.getRow(header).values = ["id", "name", "amount", "since"];
  sheet.getRow(header).font = { bold: true, color: { theme: 1 } };
  const rows = [];
  for (let i = 0; i < 3 + Math.floor(r() * 22); i++) {
    const name = pick(r, names);
    rows.push([`k${i}`, name]);
    const row = sheet.getRow(header + 1 + i);
    row.values = [`k${i}`, r() < 0.2 ? { richText: [{ text: name, font: { bold: true } }] } : name, r() * 1000, new Date(Date.UTC(2026, 2, 1 + (i % 28)))];
    row.eachCell((cell) => {
      if (cell.type === Excel.ValueType.Number && r() < 0.7) cell.numFmt = pick(r, codes);
      if (r() < 0.3) cell.border = { left: { style: "thin", color: pick(r, [{ indexed: 64 }, { argb: "FF00AA00" }, { theme: 1 }]) }, top: { style: "double" } };
      if (r() < 0.2) cell.fill = pick(r, [{ type: "pattern", pattern: "solid", fgColor: { theme: 4 } }, { type: "gradient", gradient: "angle", degree: 0, stops: [{ position: 0, color: { argb: "FF0000FF" } }, { position: 1, color: { argb: "FFFFFFFF" } }] }]);
      if (r() < 0.1) cell.note = "ask Bob";
      if (r() < 0.1) cell.alignment = { wrapText: true, textRotation: 45 };
    });
    row.hidden = r() < 0.1;
  }
  for (let i = 0; i < Math.floor(r() * 9); i++) sheet.getColumn(1 + Math.floor(r() * 12)).width = 4 + Math.floor(r() * 30);
  const area = `A${header}:D${header + rows.length}`;
  if (r() < 0.3) sheet.autoFilter = area;
  if (r() < 0.3) sheet.addConditionalFormatting({ ref: area, rules: [{ type: "expression", formulae: ["MOD(ROW(),2)=0"], style: { fill: { type: "pattern", pattern: "solid", bgColor: { argb: "FF00FF00" } } } }] });
  if (r() < 0.3) sheet.getCell(`C${header + 1}`).dataValidation = { type: "decimal", operator: "between", formulae: [0, 2000] };
  if (r() < 0.3) sheet.headerFooter.oddHeader = "Page &P";
  book.addWorksheet("Other").getCell("A1").value = { formula: "1+1", result: 2 };
  const path = `${folder}/exceljs-${String(n).padStart(3, "0")}.xlsx`;
  await book.xlsx.writeFile(path);
  fs.writeFileSync(path + ".txt", truth(rows));
}

(async () => {
  for (let n = 0; n < Number(count); n++) await write(n);
})();
