// Writes workbooks with SheetJS: write_sheetjs.cjs FOLDER COUNT SEED
const fs = require("fs");
const XLSX = require("xlsx");
const { random, names, codes, pick, truth } = require("./random.cjs");

const [folder, count, seed] = process.argv.slice(2);
for (let n = 0; n < Number(count); n++) {
  const r = random(Number(seed) * 1000 + n);
  const rows = Array.from({ length: 3 + Math.floor(r() * 22) }, (_, i) => [`k${i}`, pick(r, names), r() * 1000, new Date(2026, 2, 1 + (i % 28))]);
  const table = [["id", "name", "amount", "since"], ...rows];
  const sheet = XLSX.utils.aoa_to_sheet(table, { cellDates: r() < 0.3, origin: r() < 0.3 ? "B3" : "A1" });
  for (const [address, cell] of Object.entries(sheet)) {
    if (address[0] === "!") continue;
    if (cell.t === "n" && r() < 0.7) cell.z = pick(r, codes);
    if (cell.t === "s" && r() < 0.1) cell.l = { Target: "https://example.com/?a=1&b=2", Tooltip: "a <b>" };
    if (cell.t === "s" && r() < 0.1) cell.c = [{ a: "Ana", t: "ask Bob" }];
  }
  if (r() < 0.6) sheet["!cols"] = Array.from({ length: 1 + Math.floor(r() * 9) }, () => ({ wch: 4 + Math.floor(r() * 30), hidden: false }));
  if (r() < 0.3) sheet["!rows"] = [{ hpt: 30 }, {}, {}, { hidden: true }];
  if (r() < 0.3) sheet["!autofilter"] = { ref: sheet["!ref"] };
  if (r() < 0.3) sheet["!margins"] = { left: 1, right: 1, top: 1, bottom: 1, header: 0.5, footer: 0.5 };
  const book = XLSX.utils.book_new();
  XLSX.utils.book_append_sheet(book, sheet, pick(r, ["Customers", "Kunden & mehr", "客户"]));
  XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet([["other"]]), "Other");
  const path = `${folder}/sheetjs-${String(n).padStart(3, "0")}.xlsx`;
  XLSX.writeFile(book, path, { bookSST: r() < 0.5, compression: r() < 0.5 });
  fs.writeFileSync(path + ".txt", truth(rows));
}
