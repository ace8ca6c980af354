// Asks about one picture after the other. An answer shows at once and is sent in the background, in order; one that
// could not be saved is taken back and told.
"use strict";

const AHEAD = 6; // pictures loaded before they are asked about
const $ = (id) => document.getElementById(id);
const state = { pictures: [], current: null, ready: false, view: "label", filter: "all" };
const loaded = new Map(); // picture's number -> {img, done: Promise}
let sending = Promise.resolve();
let broken = false;
let era = 0; // ends when an answer could not be saved: what waits behind it is not sent any more

async function ask(what, body) {
  const request = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  let reply, content;
  try {
    reply = await fetch(what, request);
    content = await reply.json();
  } catch {
    throw new Error("gplac label is not running any more. Start it again and open the address that it prints.");
  }
  if (!reply.ok) throw new Error(content.error);
  return content;
}

function tell(error) {
  $("trouble").textContent = error ? error.message : "";
  $("trouble").hidden = !error;
}

// Answers, one after the other

function send(what, body, then, lost = () => {}) {
  const given = era;
  sending = sending.then(async () => {
    if (given !== era) return lost();
    try {
      const reply = await ask(what, body);
      tell(null);
      if (then) then(reply);
    } catch (error) {
      lost();
      await recover(error);
    }
  });
  return sending;
}

async function recover(error) {
  era++;
  broken = true;
  buttons();
  tell(error);
  try {
    await load();
    broken = false;
  } catch {
    show(state.view);
  }
}

function give(number, answer) {
  const before = state.pictures[number].answer;
  const note = (value) => {
    state.pictures[number].answer = value;
    count();
  };
  note(answer);
  send("answer", { picture: number, answer }, null, () => note(before));
}

function answer(value) {
  const number = state.current;
  if (state.view !== "label" || broken || number === null || !state.ready) return;
  if (state.pictures[number].failed && value !== "skip") return;
  give(number, value);
  last(number, value);
  advance(number + 1);
}

function undo() {
  if (broken || state.view === "end") return;
  send("undo", {}, (reply) => {
    if (reply.picture === null) {
      $("last").className = "";
      $("last").textContent = "Nothing to undo; Review corrects earlier answers.";
      return;
    }
    state.pictures[reply.picture].answer = reply.answer;
    count();
    if (state.view === "review") {
      mark(reply.picture);
    } else {
      last(reply.picture, null);
      go(reply.picture);
      show("label");
    }
  });
}

function last(number, value) {
  $("last").className = value || "";
  const what = document.createElement("b");
  what.textContent = { yes: "yes", no: "no", skip: "skipped" }[value] || "undone";
  $("last").replaceChildren("last: ", what);
}

// Pictures

function fetched(number) {
  if (!loaded.has(number)) {
    const img = new Image();
    img.alt = state.pictures[number].name;
    img.src = `picture/${number}`;
    loaded.set(number, { img, done: img.decode().then(() => true, () => false) });
  }
  return loaded.get(number);
}

function advance(from) {
  const open = (n) => state.pictures[n].answer === null;
  const numbers = [...state.pictures.keys()];
  const next = numbers.slice(from).find(open) ?? numbers.slice(0, from).find(open);
  if (next === undefined) {
    state.current = null;
  } else {
    go(next);
  }
  show("label");
}

async function go(number) {
  state.current = number;
  state.ready = false;
  $("name").textContent = state.pictures[number].name;
  const { img, done } = fetched(number);
  const keep = new Set([number]);
  for (let n = number; n < state.pictures.length && keep.size <= AHEAD; n++) {
    if (state.pictures[n].answer === null) keep.add(n);
  }
  for (let n = number - 1; n >= Math.max(0, number - 2); n--) if (loaded.has(n)) keep.add(n); // for undo
  for (const n of loaded.keys()) if (!keep.has(n)) loaded.delete(n);
  if (img.complete) place(img); // at once, also before decoding is done
  const good = await done;
  if (state.current !== number) return;
  state.pictures[number].failed = !good;
  if (good) {
    place(img);
  } else {
    const why = document.createElement("p");
    const error = await ask(`picture/${number}`).catch((found) => found);
    if (state.current !== number) return;
    why.textContent = `${error instanceof Error ? error.message : "The browser cannot show it."} Skip it.`;
    place(why);
    loaded.delete(number);
  }
  state.ready = true;
  buttons();
  for (const n of keep) if (n !== number) fetched(n);
}

function place(element) {
  if ($("picture").firstChild !== element) $("picture").replaceChildren(element);
}

// What is shown

function count() {
  const all = state.pictures.length;
  const have = { yes: 0, no: 0, skip: 0 };
  for (const { answer } of state.pictures) if (answer) have[answer]++;
  const done = have.yes + have.no + have.skip;
  $("count-all").textContent = all;
  $("count-done").textContent = done;
  $("count-left").textContent = all - done;
  $("sure-left").textContent = `${all - done} ${all - done === 1 ? "picture is" : "pictures are"}`;
  for (const kind of Object.keys(have)) {
    $(`count-${kind}`).textContent = have[kind];
    $(`bar-${kind}`).style.width = `${(100 * have[kind]) / all}%`;
  }
  $("some-skipped").hidden = !have.skip;
  return all - done;
}

function buttons() {
  const picture = state.pictures[state.current];
  for (const id of ["yes", "no"]) $(id).disabled = broken || !picture || Boolean(picture.failed);
  $("skip").disabled = $("undo").disabled = broken;
}

function show(view) {
  state.view = view;
  const part = view === "label" && state.current === null ? "done" : view;
  for (const id of ["label", "done", "review", "end"]) $(id).hidden = id !== part;
  for (const id of ["label", "review"]) $(`show-${id}`).setAttribute("aria-pressed", String(id === view));
  document.querySelector("nav").hidden = view === "end";
  buttons();
}

function review(filter) {
  state.filter = filter;
  for (const button of document.querySelectorAll("[data-filter]")) {
    button.setAttribute("aria-pressed", String(button.dataset.filter === filter));
  }
  const wanted = [...state.pictures.keys()].filter((n) => {
    const { answer } = state.pictures[n];
    return answer !== null && (filter === "all" || answer === filter);
  });
  $("grid").replaceChildren(...wanted.map(tile));
  wanted.forEach(mark);
  $("nothing").hidden = wanted.length > 0;
  show("review");
}

function tile(number) {
  const button = document.createElement("button");
  button.id = `tile-${number}`;
  button.title = state.pictures[number].name;
  const img = new Image();
  img.loading = "lazy";
  img.alt = state.pictures[number].name;
  img.src = `small/${number}`;
  button.append(img, document.createElement("span"));
  button.addEventListener("click", () => {
    if (broken) return;
    give(number, state.pictures[number].answer === "yes" ? "no" : "yes");
    mark(number);
  });
  return button;
}

// A corrected picture stays where it is until the filter is chosen anew, so that a slip can be put right.
function mark(number) {
  const button = $(`tile-${number}`);
  if (!button) return;
  const { answer } = state.pictures[number];
  button.className = `tile ${answer || ""}`;
  button.lastChild.textContent = { yes: "yes", no: "no", skip: "skipped" }[answer] || "open";
}

function finish() {
  if (count() && !$("sure").returnValue) {
    $("sure").showModal();
    return;
  }
  send("finish", {}, () => show("end"));
}

async function load() {
  const found = await ask("state");
  state.pictures = found.pictures.map(([name, answer]) => ({ name, answer, failed: false }));
  document.title = found.question;
  $("question").textContent = found.question;
  for (const place of document.querySelectorAll(".file")) place.textContent = found.labels;
  count();
  advance(0);
}

const KEYS = {
  y: () => answer("yes"), ArrowRight: () => answer("yes"),
  n: () => answer("no"), ArrowLeft: () => answer("no"),
  s: () => answer("skip"), u: undo,
};
document.addEventListener("keydown", (event) => {
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  // A key that is held down repeats itself; that would answer about pictures that nobody has looked at.
  if (!act || event.repeat || event.ctrlKey || event.altKey || event.metaKey || $("sure").open) return;
  event.preventDefault();
  act();
});
for (const id of ["yes", "no", "skip"]) $(id).addEventListener("click", () => answer(id));
$("undo").addEventListener("click", undo);
$("show-label").addEventListener("click", () => (show("label"), state.current === null && advance(0)));
$("show-review").addEventListener("click", () => review(state.filter));
for (const button of document.querySelectorAll("[data-filter]")) {
  button.addEventListener("click", () => review(button.dataset.filter));
}
$("again").addEventListener("click", () => {
  const skipped = [...state.pictures.keys()].filter((n) => state.pictures[n].answer === "skip");
  for (const n of skipped) state.pictures[n].answer = null; // on disk they stay skipped until they are answered
  count();
  advance(0);
});
$("finish").addEventListener("click", () => {
  $("sure").returnValue = "";
  finish();
});
$("sure").addEventListener("close", () => $("sure").returnValue && finish());

load().catch(tell);
