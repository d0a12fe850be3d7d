// Files can be dropped anywhere on a form that takes them, and examples follow the column
// that is chosen. Without a script both are done with the fields of the form.

const mostFile = 200 * 1024 * 1024
const sheets = /\.(csv|tsv|txt|xlsx|xlsm|xls|ods|fods|jsonl|ndjson)$/i

for (const form of document.querySelectorAll("[data-drop]")) {
	const fields = { template: form.elements.template, sheet: form.elements.sheet }
	const says = form.querySelector(".says")

	// vet says what is wrong before a large file is on its way.
	function vet() {
		const large = Object.values(fields).flatMap(f => [...f.files]).find(f => f.size > mostFile)
		says.textContent = large ? `${large.name} is larger than 200 MB. Leave out rows and columns that no video needs.` : ""
		return !large
	}
	form.addEventListener("dragover", event => { event.preventDefault(); form.classList.add("over") })
	form.addEventListener("dragleave", () => form.classList.remove("over"))
	form.addEventListener("drop", event => {
		event.preventDefault()
		form.classList.remove("over")
		for (const file of event.dataTransfer.files) {
			const one = new DataTransfer()
			one.items.add(file)
			fields[sheets.test(file.name) ? "sheet" : "template"].files = one.files
		}
		if (vet() && fields.template.files.length && fields.sheet.files.length) form.requestSubmit()
	})
	form.addEventListener("change", vet)
	form.addEventListener("submit", event => {
		if (!vet()) event.preventDefault()
		else says.textContent = "The files are on their way."
	})
}

for (const choice of document.querySelectorAll("select[data-example]"))
	choice.addEventListener("change", () => {
		document.getElementById(choice.dataset.example).textContent = choice.selectedOptions[0].dataset.example
	})
