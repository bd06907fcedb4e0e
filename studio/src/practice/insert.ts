/** The palette writes text: a part goes to its section, with a name that is free, and a comment that says what it is. */

import palette from "./palette.json";

export const ORDER = [
  "loadcase", "name", "title", "prompt", "requirements", "estimates", "entities", "api", "network", "components", "flows", "cases",
  "decisions", "variants", "operate",
];

export type Part = { sort: "component"; kind: string } | { sort: "flow" | "entity" | "api" | "case" | "decision" };
type Snippet = [name: string, comment: string, value: string];

export const KINDS = Object.keys(palette.components) as (keyof typeof palette.components)[];
const SECTIONS = { component: "components", flow: "flows", entity: "entities", api: "api", case: "cases", decision: "decisions" } as const;

export interface Inserted {
  text: string;
  /** Where the new entry is. */
  from: number;
  to: number;
}

/** The text with a part in it; null where its section is written in one line, which is not taken apart. */
export function insert(text: string, part: Part): Inserted | null {
  if (part.sort === "component") return put(text, "components", palette.components[part.kind as (typeof KINDS)[number]] as Snippet);
  if (part.sort === "flow") {
    let now = text;
    let step = firstStep(now);
    if (step === null) {
      const before = insert(now, { sort: "component", kind: "service" });
      if (!before) return null;
      now = before.text;
      step = firstStep(now)!;
    }
    return put(now, "flows", filled(palette.flow as Snippet, "STEP", step));
  }
  return put(text, SECTIONS[part.sort], palette[part.sort] as Snippet);
}

function filled([name, comment, value]: Snippet, mark: string, by: string): Snippet {
  return [name, comment.replace(mark, by), value.replace(mark, by)];
}

/** A call of the first component that there is. */
function firstStep(text: string): string | null {
  const block = blockOf(text, "components");
  for (const name of namesIn(text, "components")) {
    const entry = block && new RegExp(`^\\s+${name}\\s*:[\\s\\S]*?kind:\\s*(\\w+)`, "m").exec(block.body);
    const verb = entry ? (palette.verbs as Record<string, string>)[entry[1]!] : undefined;
    if (verb && entry![1] === "service") return `${name}.${verb}`;
  }
  return null;
}

/** Where a section's own lines are. */
function blockOf(text: string, section: string): { start: number; head: string; bodyFrom: number; bodyTo: number; body: string } | null {
  const head = new RegExp(`^${section}[ \\t]*:(.*)$`, "m").exec(text);
  if (!head) return null;
  const bodyFrom = Math.min(text.length, head.index + head[0].length + 1);
  let to = bodyFrom;
  for (let at = bodyFrom; at < text.length; ) {
    const end = text.indexOf("\n", at) < 0 ? text.length : text.indexOf("\n", at);
    const line = text.slice(at, end);
    if (/^[^\s#]/.test(line)) break;
    if (/^\s+\S/.test(line)) to = Math.min(text.length, end + 1);
    at = end + 1;
  }
  return { start: head.index, head: head[1]!.replace(/\s#.*$/, "").trim(), bodyFrom, bodyTo: to, body: text.slice(bodyFrom, to) };
}

export function namesIn(text: string, section: string): string[] {
  const block = blockOf(text, section);
  if (!block) return [];
  const indent = /^( +)[^\s#]/m.exec(block.body)?.[1]!.length;
  if (indent === undefined) return [];
  return [...block.body.matchAll(new RegExp(`^ {${indent}}([\\w-]+)\\s*:`, "gm"))].map((one) => one[1]!);
}

function put(text: string, section: string, [wanted, comment, value]: Snippet): Inserted | null {
  const block = blockOf(text, section);
  if (block && block.head && block.head !== "{}") return null;
  const taken = new Set(namesIn(text, section));
  let name = wanted;
  for (let i = 2; taken.has(name); i++) name = `${wanted}${i}`;
  const indent = block ? (/^( +)[^\s#]/m.exec(block.body)?.[1] ?? "  ") : "  ";
  const entry = `${indent}${comment}\n${indent}${name}: ${value}\n`;
  let head: string;
  let tail: string;
  let lead = "";
  if (block) {
    head = text.slice(0, block.head === "{}" ? block.start : block.bodyTo);
    if (block.head === "{}") head += `${section}:\n`;
    tail = text.slice(block.head === "{}" ? block.bodyFrom : block.bodyTo);
  } else {
    const later = ORDER.slice(ORDER.indexOf(section) + 1);
    const next = later.map((one) => blockOf(text, one)?.start).filter((at): at is number => at !== undefined);
    const at = next.length ? Math.min(...next) : text.length;
    head = text.slice(0, at);
    tail = text.slice(at);
    lead = `${head.trim() && !head.endsWith("\n\n") ? (head.endsWith("\n") ? "\n" : "\n\n") : ""}${section}:\n`;
    if (tail) tail = `\n${tail}`;
  }
  if (head && !head.endsWith("\n") && !lead) head += "\n";
  const from = head.length + lead.length + indent.length + comment.length + 1 + indent.length;
  return { text: head + lead + entry + tail, from, to: from + name.length };
}
