/** What the page does. Files on disk stay the truth; what is not on disk yet is kept in the browser. */

import { Away, ServerError, api } from "./api";
import { editor } from "./editor/editor";
import { forget, liveRun } from "./live";
import { entryOf } from "./places";
import { follow } from "./sse";
import { TABS, get, kept, listen, set, toast, type Doc, type Pane, type SidePanel, type Tab } from "./store";
import type { Curveball, Finding, RunKind, RunMeta } from "./types";

interface Draft {
  text: string;
  version: string | null;
  suggested: string;
  saved_at: number;
}

/** What is remembered of where one was. */
interface Session {
  key: string | null;
  tab: Tab;
  side: SidePanel;
  sideOpen: boolean;
  run: string | null;
  case: string | null;
  variant: string | null;
  chosen: string[] | null;
  seeds: number | null;
}

const DRAFT = "draft:";
const draftKey = (key: string) => `${DRAFT}${get().studio?.folder ?? ""}:${key}`;

/* ------------------------------------------------------------------ opening and saving */

export async function start(): Promise<void> {
  const lists = Promise.allSettled([refreshFiles(), refreshRuns()]);
  watchFolder();
  await loadStudio().catch(() => undefined);
  await resume(lists);
  listen(remember);
}

async function loadStudio(): Promise<void> {
  set({ studio: await api.studio(), online: true });
  listDrafts();
}

/** Opens the text at once where one knows which; the lists of files and runs may come later. */
async function resume(lists: Promise<unknown>): Promise<void> {
  if (get().room) return;
  const asked = /^#\/files\/(.+)$/.exec(location.hash)?.[1];
  const hash = new URLSearchParams(asked ? { file: decodeURIComponent(asked) } : location.hash.slice(1));
  const stored = kept.read<Session>(`session:${get().studio?.folder ?? ""}`);
  if (stored) {
    set({
      tab: stored.tab ?? "estimate", side: stored.side ?? "files",
      sideOpen: stored.sideOpen ?? true, case: stored.case, variant: stored.variant, chosen: stored.chosen,
      seeds: stored.seeds ?? null,
    });
  }
  const tab = hash.get("tab");
  if (tab && TABS.includes(tab as Tab)) set({ tab: tab as Tab });
  const key = hash.get("file") ? `file:${hash.get("file")}` : (stored?.key ?? null);
  if (!turn && key?.startsWith("file:")) await openFile(key.slice(5), true);
  else if (!turn && key?.startsWith("new:")) await openStart(key.slice(4), true);
  await lists;
  const run = hash.get("run") ?? stored?.run ?? null;
  if (run && get().runs.some((one) => one.id === run)) set({ runId: run });
  if (!get().doc && turn <= 1) {
    const first = get().files.length === 1 ? get().files[0] : undefined;
    if (first) await openFile(first.path, true);
    else if (!get().files.length) set({ side: "gallery" });
  }
}

let remembered = "";

/** At once, since a page may be closed at any time; most changes of the state change nothing of it. */
function remember(): void {
  const now = get();
  if (now.room) return;
  const session: Session = {
    key: now.doc?.key ?? null, tab: now.tab, side: now.side, sideOpen: now.sideOpen, run: now.runId, case: now.case,
    variant: now.variant, chosen: now.chosen, seeds: now.seeds,
  };
  const told = JSON.stringify(session);
  if (told === remembered) return;
  remembered = told;
  kept.write(`session:${now.studio?.folder ?? ""}`, session);
  const hash = new URLSearchParams();
  if (now.doc?.path) hash.set("file", now.doc.path);
  hash.set("tab", now.tab);
  if (now.runId) hash.set("run", now.runId);
  const next = `#${hash}`;
  if (next !== location.hash) history.replaceState(null, "", next);
}

export async function refreshFiles(): Promise<void> {
  const { files, gallery } = await api.files();
  set({ files, gallery });
}

export async function refreshRuns(): Promise<void> {
  const { runs } = await api.runs();
  set({ runs });
}

function listDrafts(): void {
  set({ drafts: kept.keys(draftKey("")) });
}

function show(doc: Doc, text: string, quiet: boolean): void {
  keepDraft();
  set({
    doc, problems: [], findings: [], stale: null, selectedNode: null,
    ...(quiet ? {} : { case: null, variant: null, chosen: null }),
    good: { blueprint: null, estimate: null, diagram: null },
  });
  editor.open(doc.key, text);
  document.title = `${doc.path ?? doc.suggested} · Loadcase Studio`;
  analyseSoon(0);
}

/** Of several texts that are asked for at once the last is shown, whichever comes first. */
let turn = 0;

export async function openFile(path: string, quiet = false): Promise<void> {
  const key = `file:${path}`;
  const mine = ++turn;
  if (get().doc?.key === key) return goTo("text");
  keepDraft();
  try {
    const file = await api.file(path);
    if (mine !== turn) return;
    const draft = kept.read<Draft>(draftKey(key));
    const doc: Doc = { key, path, suggested: path, version: file.version, dirty: false, conflict: null };
    if (draft && draft.text !== file.text) {
      doc.dirty = true;
      if (draft.version !== file.version) doc.conflict = { text: file.text, version: file.version };
      show(doc, draft.text, quiet);
      toast("Your unsaved edits are back.", "info", { label: "Use the file on disk", run: () => takeTheirs(file.text, file.version) });
    } else {
      if (draft) kept.remove(draftKey(key));
      show(doc, file.text, quiet);
    }
    goTo("text");
  } catch (error) {
    const draft = kept.read<Draft>(draftKey(key));
    if (draft) {
      show({ key, path, suggested: path, version: draft.version, dirty: true, conflict: { text: null, version: null } }, draft.text, quiet);
    } else say(error);
  }
}

/** Opens a design of the gallery as a start: nothing is on disk until it is saved under a name. */
export async function openStart(name: string, quiet = false): Promise<void> {
  const key = `new:${name}`;
  const mine = ++turn;
  if (get().doc?.key === key) return goTo("text");
  keepDraft();
  try {
    const draft = kept.read<Draft>(draftKey(key));
    const text = draft?.text ?? (await api.gallery(name)).text;
    if (mine !== turn) return;
    show({ key, path: null, suggested: `${name}.yaml`, version: null, dirty: draft !== null, conflict: null }, text, quiet);
    goTo("text");
  } catch (error) {
    say(error);
  }
}

export async function saveAs(path: string): Promise<boolean> {
  const doc = get().doc;
  if (!doc) return false;
  const text = editor.text();
  try {
    const saved = await api.save(path, text, null);
    kept.remove(draftKey(doc.key));
    const key = `file:${saved.path}`;
    editor.rename(doc.key, key);
    set({ doc: { key, path: saved.path, suggested: saved.path, version: saved.version, dirty: editor.text() !== text, conflict: null } });
    document.title = `${saved.path} · Loadcase Studio`;
    toast(`Saved as ${saved.path}.`, "good");
    listDrafts();
    void refreshFiles().catch(() => undefined);
    return true;
  } catch (error) {
    if (error instanceof ServerError && error.status === 409) toast(`${path} is there already: choose another name.`, "bad");
    else say(error);
    return false;
  }
}

export async function save(): Promise<void> {
  const doc = get().doc;
  if (!doc) return;
  if (doc.path === null) return set({ dialog: "save" });
  if (doc.conflict) return set({ dialog: "conflict" });
  await write(doc.path, doc.version);
}

async function write(path: string, version: string | null): Promise<void> {
  const text = editor.text();
  const key = get().doc?.key;
  try {
    const saved = await api.save(path, text, version);
    const doc = get().doc;
    if (doc && doc.key === key) {
      const dirty = editor.text() !== text;
      set({ doc: { ...doc, version: saved.version, dirty, conflict: null } });
      editor.saved(text);
      if (!dirty) kept.remove(draftKey(doc.key));
      listDrafts();
    }
    toast(`Saved ${path}.`, "good");
  } catch (error) {
    if (error instanceof ServerError && error.status === 409) {
      const current = error.body?.current as { text: string; version: string } | null | undefined;
      clash(current?.text ?? null, current?.version ?? null);
      set({ dialog: "conflict" });
    } else {
      keepDraft();
      say(error, "Your text is kept in this browser.");
    }
  }
}

/** The text has changed here; called on every keystroke, so it does next to nothing. */
export function edited(): void {
  const { doc, room } = get();
  if (room) {
    if (room !== "opening") room.edited();
    return analyseSoon();
  }
  if (doc && !doc.dirty) set({ doc: { ...doc, dirty: true } });
  clearTimeout(drafting);
  drafting = setTimeout(keepDraft, 500);
  analyseSoon();
}

let drafting: ReturnType<typeof setTimeout> | undefined;

/** Puts unsaved text where a closed page does not lose it. */
export function keepDraft(): void {
  clearTimeout(drafting);
  const { doc, room } = get();
  if (room || !doc?.dirty) return;
  const text = editor.text();
  if (text === editor.base()) {
    set({ doc: { ...doc, dirty: false } });
    kept.remove(draftKey(doc.key));
    listDrafts();
    return;
  }
  const draft: Draft = { text, version: doc.version, suggested: doc.suggested, saved_at: Date.now() };
  if (!kept.write(draftKey(doc.key), draft)) toast("This browser cannot keep the draft: save it with Ctrl+S.", "bad");
  if (!get().drafts.includes(doc.key)) listDrafts();
}

/* ------------------------------------------------------------------ the file changes elsewhere */

function clash(text: string | null, version: string | null): void {
  const doc = get().doc;
  if (doc) set({ doc: { ...doc, conflict: { text, version }, dirty: true } });
}

async function fileChanged(path: string, version: string | null): Promise<void> {
  void refreshFiles().catch(() => undefined);
  const doc = get().doc;
  if (!doc || doc.path !== path || doc.version === version) return;
  if (version === null) {
    clash(null, null);
    return;
  }
  const file = await api.file(path);
  const now = get().doc;
  if (!now || now.key !== doc.key || now.version === file.version) return;
  if (file.text === editor.text()) {
    editor.saved(file.text);
    kept.remove(draftKey(now.key));
    set({ doc: { ...now, version: file.version, dirty: false, conflict: null } });
  } else if (now.dirty) {
    clash(file.text, file.version);
    toast(`${path} was changed by another program, and here too.`, "bad");
  } else {
    editor.replace(file.text);
    editor.saved(file.text);
    set({ doc: { ...now, version: file.version, dirty: false, conflict: null } });
    analyseSoon(0);
    toast(`${path} was changed on disk; this is the new text.`);
  }
}

/** Writes this text over what is on disk. What was there is one undo away. */
export async function keepMine(): Promise<void> {
  const doc = get().doc;
  if (!doc?.conflict || doc.path === null) return;
  const mine = editor.text();
  const theirs = doc.conflict;
  if (theirs.text !== null) {
    editor.replace(theirs.text);
    editor.replace(mine);
  }
  set({ dialog: null });
  await write(doc.path, theirs.version);
}

/** Shows what is on disk. What was here is one undo away. */
export function takeTheirs(text: string, version: string | null): void {
  const doc = get().doc;
  if (!doc) return;
  editor.replace(text);
  editor.saved(text);
  kept.remove(draftKey(doc.key));
  set({ doc: { ...doc, version, dirty: false, conflict: null }, dialog: null });
  listDrafts();
  analyseSoon(0);
  toast("This is the text on disk. Ctrl+Z brings yours back.");
}

/** Saves this text beside the file, and shows what is on disk. */
export async function keepBoth(): Promise<void> {
  const doc = get().doc;
  if (!doc?.conflict || doc.path === null || doc.conflict.text === null) return;
  const { text, version } = doc.conflict;
  const mine = editor.text();
  const beside = doc.path.replace(/(\.ya?ml)?$/, `-mine-${Date.now() % 100000}$1`);
  try {
    await api.save(beside, mine, null);
    takeTheirs(text, version);
    toast(`Your text is in ${beside}.`, "good");
    void refreshFiles().catch(() => undefined);
  } catch (error) {
    say(error);
  }
}

function watchFolder(): void {
  follow("/api/events", {
    onEvent: (event, data) => {
      if (event === "file") {
        const { path, version } = data as { path: string; version: string | null };
        void fileChanged(path, version).catch(() => undefined);
      } else if (event === "run") runChanged(data as Partial<RunMeta> & { id: string; removed?: boolean });
    },
    onOnline: (online) => {
      const before = get().online;
      set({ online });
      if (online && !before) void back();
    },
  });
}

/** The server answers again: look what has become of everything. */
async function back(): Promise<void> {
  await Promise.allSettled([loadStudio(), refreshFiles(), refreshRuns()]);
  const doc = get().doc;
  if (doc?.path) {
    try {
      const file = await api.file(doc.path);
      await fileChanged(doc.path, file.version);
    } catch {
      /* said elsewhere */
    }
  }
  analyseSoon(0);
}

function runChanged(news: Partial<RunMeta> & { id: string }): void {
  if ((news.state as string) === "removed") {
    forget(news.id);
    set((now) => ({ runs: now.runs.filter((run) => run.id !== news.id), runId: now.runId === news.id ? null : now.runId }));
    return;
  }
  if (get().runs.some((run) => run.id === news.id)) {
    set((now) => ({ runs: now.runs.map((run) => (run.id === news.id ? { ...run, ...news } : run)) }));
    if (news.state && !["queued", "running"].includes(news.state)) void refreshRuns().catch(() => undefined);
  } else void refreshRuns().catch(() => undefined);
}

/* ------------------------------------------------------------------ analysis */

let waiting: ReturnType<typeof setTimeout> | undefined;
let reviewing: ReturnType<typeof setTimeout> | undefined;
let asked: AbortController | null = null;

export function analyseSoon(ms = 90): void {
  clearTimeout(waiting);
  waiting = setTimeout(() => void analyse(), ms);
}

async function analyse(): Promise<void> {
  const doc = get().doc;
  if (!doc) return;
  asked?.abort();
  clearTimeout(reviewing);
  const mine = (asked = new AbortController());
  const text = editor.text();
  set({ analysing: true });
  try {
    const { variant } = get();
    const { room } = get();
    const found = await (room && room !== "opening" ? room.analyse(text, get().case, mine.signal) : api.analyse(text, get().case, variant, mine.signal));
    if (mine.signal.aborted) return;
    const broken = found.problems.find((one) => one.severity === "error");
    if (found.blueprint && (!broken || room)) {
      const cases = found.blueprint.cases;
      const now = get();
      set({
        problems: found.problems, stale: null, analysing: false, online: true,
        good: { blueprint: found.blueprint, estimate: found.estimate ?? now.good.estimate, diagram: found.diagram ?? now.good.diagram },
        ...(room ? { findings: [] } : {}),
        case: now.case && cases.includes(now.case) ? now.case : (cases.includes("peak") ? "peak" : (cases[0] ?? null)),
        chosen: now.chosen?.filter((one) => cases.includes(one)) ?? null,
      });
      if (!broken && !room) reviewing = setTimeout(() => void review(text, mine), 350);
    } else {
      if (variant && !text.includes(variant)) set({ variant: null });
      set({
        problems: found.problems, findings: [], analysing: false, online: true,
        stale: broken ? `line ${broken.line ?? "?"}: ${broken.message}` : "The text cannot be read.",
      });
    }
    editor.mark(get().problems, get().findings);
    learn();
  } catch (error) {
    if (mine.signal.aborted) return;
    set({ analysing: false, stale: error instanceof Away ? "The server does not answer." : (error as Error).message });
  }
}

let learning = false;

/** What the format knows, for completion and help; once the first diagram stands, which it would keep waiting. */
function learn(): void {
  if (learning || get().language) return;
  learning = true;
  void api
    .language()
    .then((language) => set({ language }))
    .catch(() => undefined)
    .finally(() => (learning = false));
}

async function review(text: string, mine: AbortController): Promise<void> {
  try {
    const { findings } = await api.review(text, mine.signal);
    if (mine.signal.aborted) return;
    set({ findings });
    editor.mark(get().problems, findings);
  } catch {
    /* the next edit asks again */
  }
}

export async function fix(finding: Finding): Promise<void> {
  try {
    const { text } = await api.fix(editor.text(), finding);
    editor.replace(text);
    toast(`Mended: ${finding.message}. Ctrl+Z undoes it.`, "good");
  } catch (error) {
    say(error);
  }
}

/* ------------------------------------------------------------------ runs */

export async function run(kind: RunKind = "check", more: { variants?: string[]; name?: string; cases?: string[] | null } = {}): Promise<string | null> {
  const now = get();
  if (!now.doc) return null;
  if (now.problems.some((one) => one.severity === "error")) {
    toast("The text has an error: mend it first.", "bad");
    editor.toLine(now.problems.find((one) => one.severity === "error")?.line ?? 1);
    return null;
  }
  const cases = more.cases !== undefined ? more.cases : chosenCases();
  try {
    const { id } = await api.start({
      text: editor.text(), path: now.doc.path, name: more.name ?? null, kind, cases, variant: kind === "check" ? now.variant : null,
      variants: more.variants ?? [], seeds: now.seeds, budget_s: null,
    });
    const before = get().runId;
    const was = now.runs.find((one) => one.id === before);
    if (kind === "check") {
      set((state) => ({
        runId: id, runCase: null, at: null, overlay: true, tab: "run", pane: "dock", evidence: null,
        compare: was?.kind === "check" ? { ...state.compare, a: before, b: id } : state.compare,
      }));
    } else if (kind === "compare") set((state) => ({ compare: { ...state.compare, variants: id }, tab: "compare", pane: "dock" }));
    else set({ tab: "scale", pane: "dock" });
    liveRun(id);
    await refreshRuns();
    return id;
  } catch (error) {
    if (error instanceof ServerError && error.status === 429) toast("Too many runs wait already: cancel one, or try again later.", "bad");
    else say(error);
    return null;
  }
}

/** The cases of the next run: those ticked, or the one that is shown; null for all. */
export function chosenCases(): string[] | null {
  const now = get();
  if (now.chosen === null) return now.case ? [now.case] : null;
  return now.chosen.length === now.good.blueprint?.cases.length ? null : now.chosen;
}

export async function cancel(id: string): Promise<void> {
  try {
    await api.cancel(id);
  } catch (error) {
    say(error);
  }
}

export async function throwIn(ball: Curveball): Promise<void> {
  const now = get();
  if (!now.case) return;
  try {
    const { text } = await api.throwIn(editor.text(), now.case, ball.fault);
    editor.replace(text);
    const span = entryOf(text, "cases", now.case);
    if (span) editor.select(span.from, span.to, false);
    toast(`${ball.name.replaceAll("_", " ")} is in ${now.case} now. Ctrl+Z takes it out.`, "good");
    set({ problems: [] });
    await run("check", { cases: [now.case] });
  } catch (error) {
    say(error);
  }
}

export async function rename(id: string, name: string): Promise<void> {
  set((now) => ({ runs: now.runs.map((one) => (one.id === id ? { ...one, name } : one)) }));
  try {
    await api.rename(id, name);
  } catch (error) {
    say(error);
    void refreshRuns().catch(() => undefined);
  }
}

export async function remove(id: string): Promise<void> {
  try {
    await api.remove(id);
    forget(id);
    set((now) => ({
      runs: now.runs.filter((one) => one.id !== id), runId: now.runId === id ? null : now.runId,
      evidence: now.evidence?.run === id ? null : now.evidence,
      compare: {
        a: now.compare.a === id ? null : now.compare.a, b: now.compare.b === id ? null : now.compare.b,
        variants: now.compare.variants === id ? null : now.compare.variants,
      },
    }));
  } catch (error) {
    say(error);
  }
}

export function openRun(meta: RunMeta): void {
  if (meta.kind === "compare") set((now) => ({ compare: { ...now.compare, variants: meta.id }, tab: "compare", pane: "dock" }));
  else if (meta.kind === "scale") set({ tab: "scale", pane: "dock" });
  else set({ runId: meta.id, runCase: null, at: null, overlay: true, tab: meta.state === "done" || meta.state === "partial" ? "verdict" : "run", pane: "dock" });
}

/* ------------------------------------------------------------------ the practice room */

/** Shows the practice room; what is being edited is kept, and comes back with `toDesigns`. */
export function toPractice(): void {
  if (get().room) return;
  keepDraft();
  set({ room: "opening" });
  history.pushState(null, "", "#/practice");
}

/** Leaves the practice room for the designs. */
export async function toDesigns(open?: () => Promise<void>): Promise<void> {
  const where = `session:${get().studio?.folder ?? ""}`;
  const stored = kept.read<Session>(where);
  if (location.hash.startsWith("#/practice")) history.pushState(null, "", "#");
  set({ room: null, doc: null, problems: [], findings: [], good: { blueprint: null, estimate: null, diagram: null } });
  if (stored) kept.write(where, stored); // what was open before is opened again
  document.title = "Loadcase Studio";
  turn = 0;
  await (open ? open() : resume(Promise.resolve()));
}

/* ------------------------------------------------------------------ small things */

export function goTo(pane: Pane): void {
  set({ pane });
}

export function selectNode(name: string | null, inText = true): void {
  set({ selectedNode: name });
  if (!name || !inText) return;
  const text = editor.text();
  const span = entryOf(text, "components", name) ?? entryOf(text, "flows", name);
  if (span) editor.select(span.from, span.to, false);
}

export function say(error: unknown, more = ""): void {
  const text = error instanceof Error ? error.message : String(error);
  const hint = error instanceof ServerError && error.hint ? ` — ${error.hint}` : "";
  toast(`${text[0]?.toUpperCase() ?? ""}${text.slice(1)}${hint}${more ? ` ${more}` : ""}`, "bad");
}

export function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
