/** What the server says: see docs/json.md for the shapes that the command line shares. Values in base units. */

export type Verdict = "holds" | "broken" | "unknown";
export type Severity = "error" | "warning" | "note";

export interface Problem {
  severity: Severity;
  code: string | null;
  message: string;
  hint: string | null;
  line: number | null;
  column: number | null;
  end_line?: number | null;
  end_column?: number | null;
}

export interface FileEntry {
  path: string;
  name: string;
  title: string | null;
  problem: string | null;
  modified_s: number;
  bytes: number;
}

export interface GalleryEntry {
  name: string;
  title: string;
  hard_part?: string | null;
  [key: string]: unknown;
}

export interface StudioInfo {
  version: string;
  folder: string;
  limits: Record<string, number | null>;
}

export interface BlueprintInfo {
  name: string;
  title?: string | null;
  prompt?: string | null;
  cases: string[];
  case_details?: Record<string, { load: number | null; faults: FaultWindow[] }>;
  variants: string[];
  [key: string]: unknown;
}

export interface ComponentEstimate {
  kind: string;
  nodes: number;
  rate: number | null;
  utilisation: number | null;
  hottest: number | null;
  wait_mean_s: number | null;
  p99_s: number | null;
  formula: string | null;
  saturates_at: number | null;
  limited_by: string | null;
  hit_ratio: number | null;
  cost: number | null;
}

export interface FlowEstimate {
  rate: number | null;
  mean_s: number | null;
  p50_s: number | null;
  p95_s: number | null;
  p99_s: number | null;
  age_p99_s: number | null;
  availability: number | null;
}

export interface Estimate {
  blueprint: string;
  load: number;
  estimates: Record<string, { value: number | null; unit: string; text: string; formula: string; p5?: number; p95?: number }>;
  components: Record<string, ComponentEstimate>;
  flows: Record<string, FlowEstimate>;
  first_to_saturate: { component: string; at_load: number; limited_by: string; text: string } | null;
  cost: number;
  metrics: Record<string, number | null>;
  notes: string[];
}

export interface DiagramNode {
  id: string;
  name: string;
  kind: string;
  label: string;
  detail: string | null;
  x: number;
  y: number;
  width: number;
  height: number;
  group: string | null;
  utilisation: number | null;
  problem: string | null;
}

export interface Strand {
  /** Null for committed changes and dead letters. */
  flow: string | null;
  verbs: string[];
  rate: number;
  color: number | null;
  kind: "call" | "consume" | "commit";
}

/** All that goes from one node to another; the label has a line for each strand, or is empty. */
export interface DiagramEdge {
  id: string;
  source: string;
  target: string;
  flow: string | null;
  label: string;
  rate: number | null;
  kind: "call" | "consume" | "commit";
  points: [number, number][];
  label_x: number;
  label_y: number;
  label_width: number;
  label_height: number;
  color: number | null;
  strands: Strand[];
}

export interface DiagramGroup {
  id: string;
  label: string;
  kind: string;
  x: number;
  y: number;
  width: number;
  height: number;
  parent: string | null;
}

export interface Diagram {
  width: number;
  height: number;
  direction: string;
  groups: DiagramGroup[];
  nodes: DiagramNode[];
  edges: DiagramEdge[];
  flows: { name: string; rate: number | null; color: number }[];
}

export interface Analysis {
  problems: Problem[];
  blueprint: BlueprintInfo | null;
  estimate: Estimate | null;
  diagram: Diagram | null;
}

export interface Finding extends Problem {
  rule: string;
  path: string;
  fix: boolean;
  index: number;
}

export interface StoryLine {
  time_s: number;
  event: string;
  flow: string | null;
  operation: string | number | null;
  attempt: number | null;
  component: string | null;
  place: number | null;
  entity: string | null;
  told: Record<string, unknown>;
  faults: string[];
}

export interface Story {
  said: string;
  omitted: number;
  lines: StoryLine[];
}

export interface Guarantee {
  guarantee: string;
  metric: string;
  value: number | null;
  low: number | null;
  high: number | null;
  bound: number;
  comparison: string;
  unit: string;
  verdict: Verdict;
  margin?: number | null;
  degraded?: boolean;
  rough?: boolean;
  evidence?: string;
  story?: Story | null;
}

export interface CaseResult {
  case: string;
  verdict: Verdict;
  seeds: number[];
  scale: number;
  partial: string | null;
  notes: string[];
  guarantees: Guarantee[];
}

export interface CheckResult {
  blueprint: string;
  verdict: Verdict;
  partial: boolean;
  confidence: number;
  wall_s: number;
  cases: CaseResult[];
  decided?: { decision: string; verdict: Verdict; said: string[]; broken: string[] }[];
}

export interface Difference {
  metric: string;
  unit: string;
  a: number | null;
  b: number | null;
  difference: number | null;
  low: number | null;
  high: number | null;
  rough?: boolean;
}

export interface CompareSide {
  verdict: Verdict;
  partial: string | null;
  guarantees: Guarantee[];
}

export interface CompareResult {
  names: [string, string];
  better: string;
  why: string;
  verdicts: [Verdict, Verdict];
  cost: Difference;
  cases: { case: string; seeds: number[]; scale: number; a: CompareSide; b: CompareSide; differences: Difference[] }[];
}

export interface ScaleResult {
  blueprint: string;
  to: number;
  breaks: {
    low: number;
    high: number;
    closed_form: number | null;
    measured: boolean;
    unmeasured: string;
    guarantee: string;
    value: number | null;
    component: string;
    limited_by: string;
    evidence: string;
    mitigations: { component: string; text: string; edit: Record<string, unknown>; price: number | null }[];
    lasts_to: number | null;
    lasts_measured: boolean;
  }[];
  rungs: { load: number; breaks: number; cost: number; edit: Record<string, unknown> }[];
  ends: string;
  partial: string;
  unjudged: string[];
  behind: Record<string, number>;
}

export interface Series {
  start: number;
  step: number;
  unit: string;
  values: (number | null)[];
}

export interface FaultWindow {
  fault: string;
  target: string | null;
  label?: string | null;
  start_s: number;
  end_s: number | null;
}

export type RunKind = "check" | "compare" | "scale";
export type RunState = "queued" | "running" | "done" | "partial" | "cancelled" | "failed" | "interrupted";

export interface RunMeta {
  id: string;
  name: string | null;
  kind: RunKind;
  path: string | null;
  blueprint: string | null;
  cases: string[] | null;
  variant: string | null;
  state: RunState;
  verdict: Verdict | null;
  created_s: number;
  started_s: number | null;
  ended_s: number | null;
  position: number | null;
}

export interface RunDetail extends RunMeta {
  text: string;
  result: CheckResult | CompareResult | ScaleResult | null;
  series: Record<string, Record<string, Series>> | null;
  /** Of a comparison, both designs. */
  series_a?: Record<string, Record<string, Series>>;
  series_b?: Record<string, Record<string, Series>>;
  faults: Record<string, FaultWindow[]> | null;
  error: { message: string; hint?: string | null } | null;
}

export interface Progress {
  case: string | null;
  note?: string | null;
  seed: number | null;
  share: number | null;
  simulated_s: number | null;
  duration_s: number | null;
  events: number | null;
  events_per_s: number | null;
}

export interface Evidence extends Omit<Guarantee, "story"> {
  story: { said: string; omitted: number; lines: (string | StoryLine)[] } | null;
  rows: StoryLine[];
  series: string[];
}

export interface Curveball {
  fault: unknown;
  name: string;
  label: string;
  tried_by: string | null;
  why: string;
  yaml: string;
}

export interface Documented {
  name: string;
  doc?: string | null;
  type?: string | null;
  default?: unknown;
  required?: boolean;
}

export interface Language {
  sections: Documented[];
  kinds: { kind: string; doc: string; fields: Documented[]; verbs: (Documented & { options?: unknown })[] }[];
  step_options: Documented[];
  flow_fields: Documented[];
  case_fields: Documented[];
  faults: (Documented & { fields: Documented[] })[];
  metrics: (Documented & { of?: string })[];
  units: string[];
  profiles: (Documented & { kind?: string })[];
}

export interface Completion {
  label: string;
  type: string;
  detail?: string | null;
  doc?: string | null;
  insert?: string | null;
}

export interface ExportedFile {
  name: string;
  text: string;
}
