/** What the room knows: the list, or the session that is open. The server is told of everything before it is shown as kept. */

import { useSyncExternalStore } from "react";
import { Away, ServerError } from "../api";
import { analyseSoon, say } from "../actions";
import { editor } from "../editor/editor";
import { follow } from "../sse";
import { kept, set as setPage, toast } from "../store";
import { practice, type Order } from "./api";
import type { ClockState, Home, News, Pad, Progress, SessionEvent, View } from "./types";

export type Tab = "notes" | "pad" | "decisions" | "estimate" | "findings" | "runs";
export type RoomPane = "talk" | "text" | "diagram" | "dock";
export type Saving = "saved" | "typed" | "saving" | "away";

export interface RoomState {
  page: "home" | "session" | "progress";
  home: Home | null;
  progress: Progress | null;
  view: View | null;
  /** Why the page that was asked for cannot be shown. */
  error: { message: string; hint: string | null; id: string | null } | null;
  events: SessionEvent[];
  clock: ClockState | null;
  /** When the clock was told, ms of this page's own. */
  told_ms: number;
  pad: Pad;
  saving: Saving;
  /** The number of what the next thing said answers. */
  replyTo: number | null;
  tab: Tab;
  pane: RoomPane;
  judging: News["judging"] | null;
  scoring: boolean;
  scoreError: string | null;
  /** The event that the timeline shows. */
  moment: number | null;
  starting: boolean;
  leftOut: string[];
  /** The case that is run; empty for all. */
  runCase: string;
}

const nothing: RoomState = {
  page: "home", home: null, progress: null, view: null, error: null, events: [], clock: null, told_ms: 0,
  pad: { told: {}, problems: {} }, saving: "saved", replyTo: null, tab: "notes", pane: "talk", judging: null, scoring: false,
  scoreError: null, moment: null, starting: false, leftOut: [], runCase: "",
};

let state = nothing;
const listeners = new Set<() => void>();

export const getRoom = (): RoomState => state;

export function setRoom(part: Partial<RoomState>): void {
  state = { ...state, ...part };
  for (const listener of listeners) listener();
}

const listen = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export function useRoom<T>(selector: (now: RoomState) => T): T {
  return useSyncExternalStore(listen, () => selector(state));
}

/* ------------------------------------------------------------------ where one is */

const HASH = /^#\/practice(?:\/(progress|sessions\/(.+)))?$/;

export function goHash(hash: string): void {
  if (location.hash === hash) route();
  else location.hash = hash;
}

export const hashOf = (id: string) => `#/practice/sessions/${encodeURIComponent(id)}`;

/** Shows what the address says. */
export function route(): void {
  const found = HASH.exec(location.hash);
  if (!found) return;
  const id = found[2] ? decodeURIComponent(found[2]) : null;
  if (id !== null) {
    if (state.view?.id !== id) void open(id);
    return;
  }
  close();
  const page = found[1] === "progress" ? "progress" : "home";
  setRoom({ page, error: null });
  document.title = "Practice · Loadcase Studio";
  void (page === "progress" ? loadProgress() : loadHome());
}

export async function loadHome(): Promise<void> {
  try {
    setRoom({ home: await practice.home(), error: null });
  } catch (error) {
    failed(error, null);
  }
}

async function loadProgress(): Promise<void> {
  try {
    setRoom({ progress: await practice.progress(), error: null });
  } catch (error) {
    failed(error, null);
  }
}

function failed(error: unknown, id: string | null): void {
  const hint = error instanceof ServerError ? error.hint : null;
  setRoom({ error: { message: (error as Error).message, hint, id } });
}

export async function start(order: Order): Promise<void> {
  if (state.starting) return;
  setRoom({ starting: true });
  try {
    const view = await practice.start(order);
    enter(view);
    history.pushState(null, "", hashOf(view.id));
  } catch (error) {
    say(error);
  } finally {
    setRoom({ starting: false });
  }
}

/* ------------------------------------------------------------------ a session */

let stop: (() => void) | null = null;

export async function open(id: string): Promise<void> {
  close();
  setRoom({ page: "session", error: null });
  try {
    const view = await practice.open(id);
    if (location.hash === hashOf(id)) enter(view);
  } catch (error) {
    failed(error, id);
  }
}

function enter(view: View): void {
  close();
  setRoom({
    ...nothing, home: state.home, page: "session", view, events: view.events, clock: view.state, told_ms: performance.now(), pad: view.pad,
    tab: kept.read<Tab>("practice.tab") ?? "notes",
  });
  document.title = `${view.title} · Practice · Loadcase Studio`;
  if (!view.state.over) openText(view);
  listenTo(view.id);
  if (view.state.over && !view.judgement && !view.setup.drill) void score();
}

/** The blueprint of the session, or what was typed here and did not reach the server. */
function openText(view: View): void {
  base = view.blueprint;
  const draft = kept.read<{ text: string; base: string }>(draftKey(view.id));
  const text = draft && draft.base === view.blueprint ? draft.text : view.blueprint || view.skeleton;
  const key = `practice:${view.id}`;
  setPage({
    doc: { key, path: null, suggested: `${view.id}.yaml`, version: null, dirty: false, conflict: null },
    problems: [], findings: [], stale: null, selectedNode: null, case: null, variant: null, chosen: null, runId: null,
    good: { blueprint: null, estimate: null, diagram: null },
  });
  editor.open(key, text);
  analyseSoon(0);
  if (draft && text !== view.blueprint) typed();
}

function listenTo(id: string): void {
  let before: boolean | null = null;
  stop = follow(`/api/practice/sessions/${encodeURIComponent(id)}/events`, {
    rests: false,
    onEvent: (event, data) => event === "session" && take(id, data as News),
    onOnline: (online) => {
      if (online && before === false) void again(id);
      before = online;
    },
    onGone: () => setRoom({ error: { message: "This session is no longer there.", hint: null, id } }),
  });
}

/** The server answers again: it says what it has, and gets what it has not. */
async function again(id: string): Promise<void> {
  try {
    const view = await practice.open(id);
    if (state.view?.id !== id) return;
    setRoom({ view: { ...view, blueprint: state.view.blueprint }, events: view.events, clock: view.state, told_ms: performance.now(), pad: view.pad });
    if (editor.text() !== (view.blueprint || view.skeleton)) {
      base = view.blueprint;
      typed();
    }
    if (state.scoring) void score();
  } catch (error) {
    say(error);
  }
}

function take(id: string, news: News): void {
  if (state.view?.id !== id) return;
  if (news.judging) setRoom({ judging: news.judging });
  if (news.state) {
    const over = news.state.over && !state.clock?.over;
    merge(news);
    if (over) void ended();
  }
}

/** Takes what is new: events by their number, as two ways of hearing of them may cross. */
function merge(news: Pick<News, "state" | "events" | "pad">): void {
  const first = news.events?.[0]?.number;
  const events = first === undefined ? state.events : [...state.events.slice(0, first), ...news.events!, ...state.events.slice(first + news.events!.length)];
  setRoom({
    events: events.every((one, i) => one.number === i) ? events : state.events,
    ...(news.state ? { clock: news.state, told_ms: performance.now() } : {}), ...(news.pad ? { pad: news.pad } : {}),
  });
  if (state.saving === "typed" && !state.clock?.paused && !waiting) typed();
  const wrote = news.events?.findLast((one) => one.kind === "wrote" && one.blueprint !== undefined);
  if (wrote && wrote.blueprint !== base && wrote.blueprint !== sending) elsewhere(wrote.blueprint!);
}

/** Another editor has changed the blueprint's file, or another page its text. */
function elsewhere(text: string): void {
  base = text;
  if (state.saving !== "saved" || editor.text() === text) return;
  editor.replace(text);
  clearTimeout(waiting);
  setRoom({ saving: "saved" });
  toast("The blueprint was changed in another place; this is the new text. Ctrl+Z brings yours back.");
}

async function ended(): Promise<void> {
  const id = state.view?.id;
  if (!id) return;
  setPage({ doc: null });
  const view = await practice.open(id).catch(() => null);
  if (view && state.view?.id === id) setRoom({ view, events: view.events, clock: view.state });
  if (view && !view.setup.drill && !view.judgement) void score();
}

export function close(): void {
  if (!stop) return;
  void saveNow();
  stop();
  stop = null;
  setRoom({ view: null, events: [], clock: null, replyTo: null });
  setPage({ doc: null });
}

/** Does something in the session; whether it was kept. What cannot be done is said. */
export async function act(what: string, fields: Record<string, unknown> = {}): Promise<boolean> {
  const id = state.view?.id;
  if (!id) return false;
  try {
    const news = await practice.do(id, what, fields, state.events.length);
    if (state.view?.id === id) {
      const over = news.state.over && !state.clock?.over;
      merge(news);
      if (over) void ended();
    }
    return true;
  } catch (error) {
    say(error, error instanceof Away ? "What you typed is still here." : "");
    return false;
  }
}

export async function score(): Promise<void> {
  const id = state.view?.id;
  if (!id) return;
  setRoom({ scoring: true, scoreError: null, judging: null });
  try {
    const view = await practice.score(id);
    if (state.view?.id === id) setRoom({ view, events: view.events, scoring: false });
  } catch (error) {
    if (state.view?.id === id && !(error instanceof Away)) setRoom({ scoring: false, scoreError: (error as Error).message });
  }
}

/* ------------------------------------------------------------------ the blueprint */

const WAIT_MS = 500;
const AGAIN_MS = 2000;
const draftKey = (id: string) => `practice.text:${id}`;
/** The text that the server has. */
let base = "";
let sending: string | null = null;
let waiting: ReturnType<typeof setTimeout> | undefined;
let last: Promise<boolean> = Promise.resolve(true);

/** The text has changed here: it is kept at the server after a short pause in typing. */
export function typed(): void {
  if (!state.view || state.clock?.over) return;
  if (state.saving !== "typed") setRoom({ saving: "typed" });
  clearTimeout(waiting);
  keepSoon();
  if (state.clock?.paused) waiting = undefined; // it is kept once the clock goes on
  else waiting = setTimeout(() => void saveNow(), WAIT_MS);
}

/** Keeps the text at the server; one after the other, so that the newest is the last. */
export function saveNow(): Promise<boolean> {
  clearTimeout(waiting);
  waiting = undefined;
  const id = state.view?.id;
  if (!id || state.saving === "saved" || state.clock?.over) return Promise.resolve(true);
  last = last.then(() => send(id));
  return last;
}

async function send(id: string): Promise<boolean> {
  const text = editor.text();
  if (text === base) {
    keptThere(id);
    return true;
  }
  if (state.clock?.paused) {
    keepDraft();
    setRoom({ saving: "typed" });
    return false;
  }
  sending = text;
  setRoom({ saving: "saving" });
  try {
    const news = await practice.do(id, "write", { text }, state.events.length);
    base = text;
    if (state.view?.id !== id) return true;
    merge(news);
    if (editor.text() === text) keptThere(id);
    else typed();
    return true;
  } catch (error) {
    if (state.view?.id === id) {
      setRoom({ saving: "away" });
      keepDraft();
      if (!(error instanceof Away)) say(error);
      else waiting = setTimeout(() => void saveNow(), AGAIN_MS);
    }
    return false;
  } finally {
    sending = null;
  }
}

let keeping: ReturnType<typeof setTimeout> | undefined;

function keepSoon(): void {
  clearTimeout(keeping);
  keeping = setTimeout(keepDraft, 200);
}

function keptThere(id: string): void {
  kept.remove(draftKey(id));
  if (state.view?.id === id) setRoom({ saving: "saved" });
}

/** Puts text that the server does not have yet where a closed page does not lose it. */
export function keepDraft(): void {
  clearTimeout(keeping);
  const id = state.view?.id;
  if (id && state.saving !== "saved" && !state.clock?.over) kept.write(draftKey(id), { text: editor.text(), base });
}

export async function tryOut(which: "estimate" | "review" | "run", of = ""): Promise<void> {
  if (!(await saveNow())) return;
  setRoom({ tab: "runs", pane: innerWidth < 1040 ? "dock" : state.pane });
  await act("run", { which, case: of });
}
