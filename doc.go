// Package reelmerge runs campaigns: it makes one video per row of a sheet, pays for
// each once, and hands the sheet back. The command of the same name is a user of it.
//
// [Open] reads a campaign, and its methods are what can be done with it: [Campaign.Check],
// [Campaign.Plan] and [Campaign.Preview] before anything is paid, [Campaign.Run], [Campaign.Status] and
// [Campaign.Results], then [Campaign.Retry], [Campaign.Resolve], [Campaign.Cancel] and
// [Campaign.Purge] for what a person decides, and [Campaign.Verify] and
// [Campaign.Restore] for the ledger. Every rule about money is in here, so that no
// caller can leave one out. Errors are [Error] values: a cause, and the next steps as
// data. Nothing needs a terminal; where a person has to agree, a [Question] is asked.
//
// Rows flow one way, and so do imports:
//
//	file ─ sources ─▶ Row ─ templates ─▶ Values ─ schema ─▶ checked ─ templates ─▶ Payload ─ providers ─▶ quoted ─▶ Planned
//	Planned ─▶ Intended (durable, reserved) ─▶ Submit ─▶ Submitted (ticket) ─▶ Poll ─▶ Succeeded | Failed | Cancelled
//	                └─▶ Unsure (the answer was lost) ─▶ found again at the provider, or a person decides
//
// The packages:
//
//	cmd/reelmerge   flags, questions, words, exit codes, terminal; one file per command
//	serve           the same operations as pages in a browser
//	reelmerge       the operations on a campaign
//	campaign        the campaign file: parse, defaults, problems, secrets
//	sources         CSV, TSV, XLSX, ODS, JSON Lines → a stream of rows that know their cells
//	templates       template documents: variables, bind, render; scenes knows how long scenes last, speech how long a text is spoken
//	schema          the checker, and the JSON Schemas of campaign and template; that of a request is in its service's folder
//	providers       what the engine knows of a service; a folder for each, the sandbox that plays them all
//	problem         what is wrong, where, and what to do; one type for all packages
//	job             ids, results and lengths of a service's jobs, as ledger and providers both say them
//	credit          exact amounts, units, estimates with a basis
//	ledger          entries, events, Next: the one place that says which change is legal
//	engine          plan, step, pace, and the loop
//	report          results sheet, pages, tables
//	storyboard      what would be sent for a row, as pictures of its scenes
//
// In this package each operation has a file of its name: check.go, plan.go, run.go, resolve.go.
// Beside it stand the files that only this operation needs, such as planpage.go or send.go. The
// files that all of them share are open.go and rows.go (campaign and sheet), ledger.go and
// reading.go (the ledger, for writing and beside a run), connect.go and webhook.go (the service),
// outputs.go (every file that is written), and error.go with ask.go (how an operation ends, and
// what it asks).
//
// Until the first numbered version, every package may change; the changelog names what does.
// This package is the one to build on: what it exports changes last. The others are there
// for those who add a service, a store or a source.
//
// Three small things are the core: engine.Stepper.Step does one side effect for
// one entry, ledger.Next is pure and decides what follows, and Store.Apply makes
// it durable before it returns. engine.Worker joins them for one entry: send, ask,
// confirm.
package reelmerge
