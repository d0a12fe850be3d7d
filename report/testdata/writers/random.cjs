// Numbers that are the same in every run, and what the other scripts write.
exports.random = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
exports.names = ["Ada", "Zoë", "<b>&", "Ｋen", "two\nlines", "😀 Kim", "O'Neil", " blank "];
exports.codes = ["0.00", "#,##0.00 [$€-407]", "dd.mm.yyyy", "0%", "00000", "@", "[h]:mm"];
exports.pick = (r, list) => list[Math.floor(r() * list.length)];
exports.truth = (rows) => rows.map(([id, name]) => id + "\t" + name.replace(/\n/g, "\\n") + "\n").join("");
