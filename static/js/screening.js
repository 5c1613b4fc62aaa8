/* The next record appears at once, and no vote is lost. Contract with the server: /styleguide/#screening.
   A vote waits in a queue (also in sessionStorage) while the prefetched record is shown. Then its answer counts:
   same record → only [data-sync] parts are taken, a note being typed stays; another → swapped in; 4xx → the answer,
   or the record comes back; network down, 5xx, signed out → sent again until it succeeds. */

const { announce, alert, clearAlert, csrf, arrive } = window.app;
const storeKey = `votes:${document.body.dataset.user}`;
const screen = () => document.getElementById("screen");
const ahead = new Map(); // URL → { html }, one record ahead, never more
let queue = [];
let sending = false;
let waiting = false;
let timer = 0;
let shownAt = -Infinity; // the first vote is never taken for a second press

const read = (html) => new DOMParser().parseFromString(html, "text/html").getElementById("screen");

function show(next) {
  screen()?.replaceWith(next);
  window.htmx?.process(next);
  window.scrollTo(0, 0);
  arrive(next, true);
  prefetch(next.dataset.prefetch);
}
function prefetch(url) {
  if (!url || ahead.has(url) || queue.length) return;
  ahead.clear();
  const entry = { html: "" };
  ahead.set(url, entry);
  fetch(url, { headers: { "X-Prefetch": "1", "HX-Request": "true" } })
    .then((answer) => (answer.ok && !answer.redirected ? answer.text() : ""))
    .then((html) => { entry.html = html; })
    .catch(() => ahead.delete(url)); // a convenience only: the vote's own answer brings the record
}
window.app.prefetch = { fetch: prefetch, get: (url) => ahead.get(url)?.html ?? "", clear: () => ahead.clear() };

function keep() {
  const votes = queue.map(({ url, body, title }) => ({ url, body, title }));
  try { votes.length ? sessionStorage.setItem(storeKey, JSON.stringify(votes)) : sessionStorage.removeItem(storeKey); }
  catch (error) { console.info("Votes are kept in memory only.", error); }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-vote]") || event.defaultPrevented) return;
  event.preventDefault();
  const here = screen();
  if (here.ariaBusy || performance.now() - shownAt < 300) return; // a double press is one vote
  const body = new URLSearchParams(new FormData(form, event.submitter));
  body.delete("csrfmiddlewaretoken");
  const next = read(window.app.prefetch.get(here.dataset.prefetch));
  if (next) body.set("next", next.dataset.record);
  queue.push({ url: form.action, body: body.toString(), title: form.dataset.title ?? "this record", before: here });
  keep();
  if (!waiting) clearAlert();
  if (next) { shownAt = performance.now(); show(next); }
  else here.ariaBusy = "true";
  send();
});

async function send() {
  if (sending || !queue.length) return;
  clearTimeout(timer);
  sending = true;
  const vote = queue[0];
  try {
    const answer = await fetch(vote.url, {
      method: "POST", body: vote.body, signal: AbortSignal.timeout(20000),
      headers: { "Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true", "X-CSRFToken": csrf() },
    });
    const next = read(await answer.text());
    if (answer.status >= 500) throw new Error("The server had a problem");
    if (answer.redirected && !next) throw new Error("You have been signed out. Sign in again in another tab");
    queue.shift();
    keep();
    if (waiting) { clearAlert(); announce("Your vote is saved."); }
    waiting = false;
    const away = answer.headers.get("HX-Redirect");
    if (away) location.assign(away);
    else settle(vote, answer.ok, next);
  } catch (error) {
    wait(vote, error);
  } finally {
    sending = false;
  }
  if (!waiting) send();
}

function settle(vote, accepted, next) {
  const here = screen();
  if (!accepted) {
    const back = next ?? vote.before;
    if (back) { back.ariaBusy = null; back.dataset.open = ""; show(back); } // a later answer must not push it away
    if (!next) alert(`Your vote on “${vote.title}” was not accepted. The record is open again.`);
  } else if (next && here && !queue.length && !("open" in here.dataset && here !== vote.before)) {
    if (next.dataset.record !== here.dataset.record || here.ariaBusy) {
      if (!here.ariaBusy && here !== vote.before) announce("The record before you was taken. Here is another.");
      show(next);
      return;
    }
    for (const part of next.querySelectorAll("[data-sync][id]")) {
      const old = document.getElementById(part.id);
      if (old) { old.replaceWith(part); window.htmx?.process(part); }
    }
    here.dataset.prefetch = next.dataset.prefetch ?? "";
    prefetch(here.dataset.prefetch);
  }
}

function wait(vote, error) {
  waiting = true;
  vote.tries = (vote.tries ?? 0) + 1;
  const reason = error instanceof TypeError || error.name === "TimeoutError" ? "The server cannot be reached" : error.message;
  const votes = queue.length > 1 ? `Your last ${queue.length} votes are` : `Your vote on “${vote.title}” is`;
  alert(`${reason}. ${votes} kept here and will be sent again. Leave this page open.`, "warning", ["Try again", send]);
  timer = setTimeout(send, Math.min(30000, 1000 * 2 ** vote.tries));
}

window.addEventListener("online", send);
window.addEventListener("beforeunload", (event) => { if (queue.length) event.preventDefault(); });
/* undo and the like wait until every vote has arrived */
document.addEventListener("htmx:confirm", (event) => {
  if (event.detail.verb === "get") return;
  ahead.clear();
  if (!queue.length) return;
  event.preventDefault();
  announce("Your last vote is being saved first.");
  const check = setInterval(() => { if (!queue.length) { clearInterval(check); event.detail.issueRequest(true); } }, 50);
});
document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "screen") prefetch(event.target.dataset.prefetch); });

try { queue = JSON.parse(sessionStorage.getItem(storeKey) ?? "[]"); } catch { queue = []; }
if (queue.length) { announce("A vote from before is being saved."); send(); }
else prefetch(screen()?.dataset.prefetch);
