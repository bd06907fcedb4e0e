/** Completion asks the server; hover looks in what it said of the format once. */

import type { Completion as Option, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { EditorView, Tooltip } from "@codemirror/view";
import { api } from "../api";
import { get } from "../store";
import type { Documented, Language } from "../types";

export async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  if (!context.explicit && (/^\s*#|\s#/.test(before) || !/[\w.:{,[-]\s?$|^\s*$/.test(before))) return null;
  const controller = new AbortController();
  context.addEventListener("abort", () => controller.abort());
  try {
    const found = await api.completions(context.state.doc.toString(), line.number, context.pos - line.from + 1, controller.signal);
    if (!found.items.length) return null;
    return {
      from: Math.min(context.pos, line.from + Math.max(0, found.from - 1)),
      validFor: /^[\w.-]*$/,
      options: found.items.map((item): Option => ({
        label: item.label,
        detail: item.detail ?? item.type,
        type: item.type,
        apply: item.insert ?? item.label,
        info: item.doc ? () => paragraph(item.doc!) : undefined,
      })),
    };
  } catch {
    return null;
  }
}

function paragraph(text: string): Node {
  const node = document.createElement("div");
  node.textContent = text;
  return node;
}

export interface Help {
  name: string;
  what: string;
  doc: string;
}

const WORD = /[\w-]+/g;

/** What the format says of a word: by where it stands (the kind of the component around it), else by its name. */
export function helpFor(language: Language, text: string[], line: number, word: string, column: number): Help[] {
  const found: Help[] = [];
  const add = (what: string, one: Documented | undefined, name = one?.name) => {
    if (!one?.doc && !one?.type) return;
    const default_ = one.default === undefined || one.default === null || one.default === "" ? "" : ` · default ${String(one.default)}`;
    found.push({ name: name ?? "", what: what + (one.type ? ` · ${one.type}` : "") + default_, doc: one.doc ?? "" });
  };
  const now = text[line - 1] ?? "";
  const before = now.slice(0, column - 1);
  const after = now.slice(column - 1 + word.length);
  const section = sectionOf(text, line);
  if (/^\S/.test(now) && before === "") add("section", language.sections.find((one) => one.name === word));
  const kind = language.kinds.find((one) => one.kind === word);
  if (kind && /kind:\s*$/.test(before)) found.push({ name: word, what: "kind", doc: kind.doc });
  const isKey = /^["']?\s*:/.test(after);
  if (section === "components" && isKey) {
    const around = language.kinds.find((one) => one.kind === kindAround(text, line));
    add(`field of ${around?.kind}`, around?.fields.find((one) => one.name === word));
  }
  if (/\.$/.test(before)) {
    const component = /([\w-]+)\.$/.exec(before)?.[1];
    const of = component ? kindNamed(text, component) : null;
    const verbs = language.kinds.filter((one) => of === null || one.kind === of);
    for (const one of verbs) add(`verb of ${one.kind}`, one.verbs.find((verb) => verb.name === word));
    add("metric", language.metrics.find((one) => one.name === word || one.name.endsWith(`.${word}`)), word);
  }
  const fault = language.faults.find((one) => one.name === word);
  if (fault && section === "cases") add("fault", fault);
  if (isKey && section === "cases") {
    add("field of a case", language.case_fields.find((one) => one.name === word));
    for (const one of language.faults) if (now.includes(`${one.name}:`)) add(`field of ${one.name}`, one.fields.find((field) => field.name === word));
  }
  if (isKey && section === "flows") {
    add("field of a flow", language.flow_fields.find((one) => one.name === word));
    add("option of a step", language.step_options.find((one) => one.name === word));
  }
  if (/like:\s*$/.test(before)) add("profile", language.profiles.find((one) => one.name === word));
  const seen = new Set<string>();
  return found.filter((one) => one.doc && !seen.has(one.doc) && seen.add(one.doc)).slice(0, 4);
}

function sectionOf(text: string[], line: number): string | null {
  for (let i = line - 1; i >= 0; i--) {
    const match = /^([\w-]+)\s*:/.exec(text[i] ?? "");
    if (match) return match[1]!;
  }
  return null;
}

function kindAround(text: string[], line: number): string | null {
  const here = /kind:\s*([\w-]+)/.exec(text[line - 1] ?? "");
  if (here) return here[1]!;
  let start = line - 1;
  while (start > 0 && !/^ {1,4}[\w-]+:/.test(text[start] ?? "")) start -= 1;
  for (let i = start; i < Math.min(text.length, start + 30); i++) {
    if (i > start && /^ {0,2}\S/.test(text[i] ?? "") && i > line - 1) break;
    const match = /kind:\s*([\w-]+)/.exec(text[i] ?? "");
    if (match) return match[1]!;
  }
  return null;
}

function kindNamed(text: string[], component: string): string | null {
  const at = text.findIndex((line) => new RegExp(`^\\s+${component}\\s*:`).test(line) && !/^\s{6,}/.test(line));
  return at < 0 ? null : kindAround(text, at + 1);
}

export function hover(view: EditorView, pos: number): Tooltip | null {
  const language = get().language;
  if (!language) return null;
  const line = view.state.doc.lineAt(pos);
  for (const match of line.text.matchAll(WORD)) {
    const from = line.from + match.index;
    const to = from + match[0].length;
    if (pos < from || pos > to) continue;
    const help = helpFor(language, view.state.doc.toString().split("\n"), line.number, match[0], match.index + 1);
    if (!help.length) return null;
    return {
      pos: from,
      end: to,
      above: true,
      create: () => {
        const dom = document.createElement("div");
        for (const one of help) {
          const part = dom.appendChild(document.createElement("div"));
          part.className = "cm-help";
          part.appendChild(document.createElement("b")).textContent = one.name;
          part.appendChild(document.createElement("small")).textContent = one.what;
          part.appendChild(document.createElement("p")).textContent = one.doc;
        }
        return { dom };
      },
    };
  }
  return null;
}
