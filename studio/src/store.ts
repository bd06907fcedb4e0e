/** What the page knows. One object, replaced in parts; components read the parts they show. */

import { useSyncExternalStore } from "react";
import type {
  Analysis, BlueprintInfo, Diagram, Estimate, FileEntry, Finding, GalleryEntry, Language, Problem, RunMeta, StudioInfo,
} from "./types";

export const TABS = ["estimate", "findings", "run", "verdict", "compare", "scale", "export"] as const;
export type Tab = (typeof TABS)[number];
export type SidePanel = "files" | "gallery" | "runs";
export type Pane = "side" | "text" | "diagram" | "dock";
export type Theme = "system" | "light" | "dark";

export interface Conflict {
  text: string | null;
  version: string | null;
}

/** The text that is open: of a file, or a start that has no file yet. */
export interface Doc {
  key: string;
  path: string | null;
  suggested: string;
  version: string | null;
  dirty: boolean;
  conflict: Conflict | null;
}

export interface EvidencePlace {
  run: string;
  case: string;
  guarantee: number;
}

export interface Toast {
  id: number;
  text: string;
  kind: "info" | "good" | "bad";
  action?: { label: string; run: () => void };
}

/** What a room of the page does in the place of the studio: it keeps the text, and looks at it, in its own way. */
export interface RoomHooks {
  edited: () => void;
  analyse: (text: string, of: string | null, signal: AbortSignal) => Promise<Analysis>;
}

export interface State {
  /** Whether the practice room is shown, and what it does in the place of the studio. */
  room: RoomHooks | "opening" | null;
  studio: StudioInfo | null;
  online: boolean;
  files: FileEntry[];
  gallery: GalleryEntry[];
  drafts: string[];
  language: Language | null;
  doc: Doc | null;
  /** Of the newest text that was analysed. */
  problems: Problem[];
  findings: Finding[];
  /** Of the newest text that could be read. */
  good: { blueprint: BlueprintInfo | null; estimate: Estimate | null; diagram: Diagram | null };
  /** Why `good` is not of the text as it is now; null when it is. */
  stale: string | null;
  analysing: boolean;
  selectedNode: string | null;
  case: string | null;
  variant: string | null;
  chosen: string[] | null;
  seeds: number | null;
  runs: RunMeta[];
  runId: string | null;
  /** The case of the run that plots and diagram show; null for the one that goes on, or the worst. */
  runCase: string | null;
  /** The moment that the diagram shows, s; null for the latest. */
  at: number | null;
  /** Whether the diagram shows the run, or the closed form. */
  overlay: boolean;
  tab: Tab;
  side: SidePanel;
  sideOpen: boolean;
  pane: Pane;
  /** Whether the diagram has the whole page. */
  big: boolean;
  evidence: EvidencePlace | null;
  compare: { a: string | null; b: string | null; variants: string | null };
  dialog: "palette" | "save" | "keys" | "conflict" | null;
  toasts: Toast[];
  theme: Theme;
}

const initial: State = {
  room: typeof location !== "undefined" && location.hash.startsWith("#/practice") ? "opening" : null,
  studio: null, online: true, files: [], gallery: [], drafts: [], language: null, doc: null, problems: [], findings: [],
  good: { blueprint: null, estimate: null, diagram: null }, stale: null, analysing: false, selectedNode: null, case: null,
  variant: null, chosen: null, seeds: null, runs: [], runId: null, runCase: null,
  at: null, overlay: true, tab: "estimate", side: "files", sideOpen: true,
  pane: "text", big: false, evidence: null, compare: { a: null, b: null, variants: null }, dialog: null, toasts: [],
  theme: readTheme(),
};

let state = initial;
const listeners = new Set<() => void>();

export function get(): State {
  return state;
}

export function set(part: Partial<State> | ((now: State) => Partial<State>)): void {
  const change = typeof part === "function" ? part(state) : part;
  let different = false;
  for (const key of Object.keys(change) as (keyof State)[]) if (state[key] !== change[key]) different = true;
  if (!different) return;
  state = { ...state, ...change };
  for (const listener of listeners) listener();
}

export function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A part of the state; the selector gives something that is stored, or a primitive. */
export function use<T>(selector: (now: State) => T): T {
  return useSyncExternalStore(listen, () => selector(state));
}

let toasts = 0;

export function toast(text: string, kind: Toast["kind"] = "info", action?: Toast["action"]): void {
  toasts += 1;
  const id = toasts;
  set((now) => ({ toasts: [...now.toasts.slice(-3), { id, text, kind, action }] }));
  setTimeout(() => dismiss(id), action || kind === "bad" ? 9000 : 4000);
}

export function dismiss(id: number): void {
  set((now) => ({ toasts: now.toasts.filter((one) => one.id !== id) }));
}

function readTheme(): Theme {
  try {
    const stored = localStorage.getItem("loadcase.theme");
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}

export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** What is kept in the browser: where one was, and text that is not on disk yet. Full or forbidden storage is no error. */
export const kept = {
  read<T>(key: string): T | null {
    try {
      const text = localStorage.getItem(`loadcase.${key}`);
      return text === null ? null : (JSON.parse(text) as T);
    } catch {
      return null;
    }
  },
  write(key: string, value: unknown): boolean {
    try {
      localStorage.setItem(`loadcase.${key}`, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  },
  remove(key: string): void {
    try {
      localStorage.removeItem(`loadcase.${key}`);
    } catch {
      /* nothing was stored */
    }
  },
  keys(prefix: string): string[] {
    try {
      return Object.keys(localStorage)
        .filter((key) => key.startsWith(`loadcase.${prefix}`))
        .map((key) => key.slice(`loadcase.${prefix}`.length));
    } catch {
      return [];
    }
  },
};
