// The live parts of a page. The server says which campaign changed; the page then asks for
// itself again, and takes over the parts that are marked. So every number on a page comes
// from one place, and a page without a script shows the same after it is loaded again.

const root = new URL(document.body.dataset.root, location.href)

// The token comes in the fragment of the address, which no server and no log sees.
const door = document.getElementById("door")
function enter() {
	const fragment = new URLSearchParams(location.hash.slice(1))
	if (!fragment.has("token")) return
	history.replaceState(null, "", location.pathname + location.search)
	if (!door) return
	door.elements.token.value = fragment.get("token")
	door.submit()
}
enter()
addEventListener("hashchange", enter)

const soon = 700 // milliseconds between two answers, however often something changes
const poll = 5000
let waiting = false
let asking = false
let again = false

// refresh takes over the parts of the page as they are now.
async function refresh() {
	if (asking) {
		again = true
		return
	}
	asking = true
	try {
		const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" })
		const page = new DOMParser().parseFromString(await answer.text(), "text/html")
		if (page.getElementById("door")) {
			say("This page is closed: the server was started anew, or the session has ended. Open the address that it printed last.")
			return
		}
		take(page)
		say("")
	} catch {
		say("The server does not answer. What runs elsewhere goes on; start reelmerge serve again.")
	} finally {
		asking = false
		if (again) {
			again = false
			later()
		}
	}
}

// take replaces the parts that differ. A part in which a person types stays as it is.
function take(page) {
	for (const part of document.querySelectorAll("[data-part]")) {
		const now = page.getElementById(part.id)
		const typing = part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")
		if (!now || typing || now.isEqualNode(part)) continue
		const playing = [...part.querySelectorAll("video")].some(v => !v.paused)
		if (playing) continue
		const focus = part.contains(document.activeElement) ? place(part, document.activeElement) : -1
		part.replaceWith(now)
		if (focus >= 0) reachable(now)[focus]?.focus()
	}
}

const reachable = part => [...part.querySelectorAll("a, button, [tabindex]")]
const place = (part, element) => reachable(part).indexOf(element)

function later() {
	if (waiting) return
	waiting = true
	setTimeout(() => { waiting = false; if (!document.hidden) refresh() }, soon)
}

function say(text) {
	const line = document.getElementById("line")
	if (line && line.textContent !== text) line.textContent = text
}

function heard(key) {
	const mine = document.body.dataset.place
	if (!mine || !key || mine === key) later()
}

// listen follows the events of the server. A browser allows few connections to one host, so
// that its tabs share one stream: the one that holds the lock passes on what it hears.
function listen() {
	const others = new BroadcastChannel("reelmerge " + root.href)
	others.onmessage = event => heard(event.data)
	navigator.locks.request("reelmerge " + root.href, () => new Promise(() => {
		const stream = new EventSource(new URL("events", root))
		stream.onmessage = event => { others.postMessage(event.data); heard(event.data) }
		// After a break something may have happened that was not heard.
		stream.onopen = () => { others.postMessage(""); later() }
		stream.onerror = () => { others.postMessage(""); later() }
	}))
}

if (document.body.dataset.live !== undefined) {
	if (navigator.locks && window.EventSource) listen()
	else setInterval(later, poll)
	document.addEventListener("visibilitychange", () => { if (!document.hidden) later() })
}
