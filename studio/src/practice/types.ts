/** What the server says of sessions of practice. Times are seconds; those of the clock begin at 0. */

export type Level = "mid" | "senior" | "staff";
export type Format = "45" | "60" | "free";
export type Style = "quiet" | "steering" | "adversarial";
export type Drill = "" | "estimation" | "scoping" | "curveball" | "tradeoff";
export type Sort = "functional" | "deferred" | "contract" | "hard_part";
export type Who = "candidate" | "interviewer" | "clock";

export interface Setup {
  system: string;
  level: Level;
  format: Format;
  style: Style;
  seed: number;
  drill: Drill;
}

export interface Entry {
  name: string;
  title: string;
  prompt: string;
  topics: string[];
  difficulty: Level;
}

export interface Listed {
  id: string;
  name: string;
  title: string;
  setup: Setup;
  created_s: number;
  seen_s: number;
  clock_s: number;
  ended: boolean;
  events: number;
  read: string | null;
  open: boolean;
}

export interface Home {
  systems: Entry[];
  sessions: Listed[];
}

/** One event; which fields it has depends on its kind, see loadcase/practice/events.py. */
export interface SessionEvent {
  number: number;
  kind: string;
  who: Who;
  label: string;
  at: number;
  text?: string;
  to?: number | null;
  sort?: Sort;
  name?: string;
  formula?: string;
  value?: string;
  chose?: string;
  over?: string;
  because?: string;
  cost?: string;
  flips_when?: string;
  blueprint?: string;
  lines?: number;
  what?: "estimate" | "review" | "run";
  case?: string;
  outcome?: string;
  how?: string;
  about?: string;
  effect?: string;
  phase?: string;
}

export interface ClockState {
  now: number;
  wall_s: number;
  paused: boolean;
  working: boolean;
  /** Whether what goes on is the compiling of the engine, once on a machine. */
  compiling: boolean;
  over: boolean;
  place: { slot: number; phase: string; left_s: number | null; total_s: number | null } | null;
  next: string | null;
}

export interface Slot {
  name: string;
  seconds: number | null;
  phases: string[];
  lead: string;
}

export interface Pad {
  told: Record<string, string>;
  problems: Record<string, { message: string; hint: string | null }>;
}

export interface Quote {
  event: number | null;
  at: number;
  source: string;
  words: string;
  shows: string;
  points: number;
}

export interface CriterionVerdict {
  criterion: string;
  axis: "breadth" | "depth" | "proactiveness";
  title: string;
  assessed: boolean;
  level: number;
  score: number;
  says: string;
  next: string;
  quotes: Quote[];
}

export interface Judgement {
  read: string;
  aimed: Level;
  confidence: string;
  score: number;
  trust: number;
  axes: Record<string, number | null>;
  verdicts: CriterionVerdict[];
  short: Record<string, string[]>;
  pen: { phase: string; seconds: number; candidate: number; interviewer: number; silent: number }[];
  raises: { criterion: string; title: string; gain: number; read: string; how: string }[];
  comparison: { name: string; worked: string; yours: string; event: number | null }[];
  problems: string[];
}

export interface Override {
  criterion: string;
  level: string;
  because: string;
  made_s: number;
}

export interface View {
  id: string;
  name: string;
  title: string;
  prompt: string;
  setup: Setup;
  ended: boolean;
  created_s: number;
  slots: Slot[];
  blueprint: string;
  skeleton: string;
  events: SessionEvent[];
  state: ClockState;
  pad: Pad;
  judgement: Judgement | null;
  overrides: Override[];
  points: { about: string; met: boolean | null; yours: string; good: string[] }[];
  worked: string | null;
}

export interface News {
  state?: ClockState;
  events?: SessionEvent[];
  pad?: Pad;
  judging?: { criterion: string; number: number; of: number };
}

export interface Progress {
  sessions: { id: string; system: string; aimed: Level; read: string; score: number; ended_s: number; axes: Record<string, number | null> }[];
  unjudged: string[];
  weak: { criterion: string; title: string; axis: string; level: number; sessions: number; next: string; drill: Drill }[];
  next: { system: string; difficulty: Level; due_s: number | null; why: string }[];
  titles: Record<string, string>;
}

export const PHASES: Record<string, string> = {
  clarify: "clarify", estimate: "estimate", interfaces: "interfaces and data", design: "design", deep_dive: "deep dive",
  break: "break it", land: "land it",
};
