// Makes names.txt: npm install @faker-js/faker && node names.mjs > names.txt
import {allFakers} from "@faker-js/faker";
const languages = ["en", "de", "fr", "es", "it", "nl", "pl", "pt_BR", "cs_CZ", "sv", "da", "fi", "tr", "ro", "hu", "vi", "el", "uk", "ru", "en_IN"];
const names = new Set();
for (const language of languages) {
  const faker = allFakers[language];
  if (!faker) continue;
  faker.seed(7);
  for (let i = 0; i < 500; i++) names.add(faker.person.firstName() + " " + faker.person.lastName());
}
for (const faker = allFakers.en; names.size < 10000;) names.add(faker.person.firstName() + " " + faker.person.lastName());
console.log([...names].slice(0, 10000).join("\n"));
