/** The one text editor of the page, with its own undo history for every text that was opened. */

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, acceptCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching, codeFolding, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { EditorSelection, EditorState, Transaction, type Extension } from "@codemirror/state";
import {
  EditorView, drawSelection, dropCursor, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, hoverTooltip,
  keymap, lineNumbers,
} from "@codemirror/view";
import { edited, fix } from "../actions";
import type { Finding, Problem } from "../types";
import { complete, hover } from "./language";
import { colours, look } from "./theme";

interface Open {
  state: EditorState;
  base: string;
  scroll: number;
}

let view: EditorView | null = null;
let current: string | null = null;
const opened = new Map<string, Open>();
/** What comes from outside is no edit of the user: no draft is made of it. */
let outside = false;

const extensions: Extension = [
  lineNumbers(),
  highlightActiveLineGutter(),
  lintGutter(),
  codeFolding({ placeholderText: "…" }),
  foldGutter({ openText: "▾", closedText: "▸" }),
  highlightSpecialChars(),
  history(),
  drawSelection(),
  dropCursor(),
  EditorState.allowMultipleSelections.of(true),
  indentUnit.of("  "),
  EditorState.tabSize.of(2),
  indentOnInput(),
  bracketMatching(),
  closeBrackets(),
  autocompletion({ override: [complete], activateOnTyping: true, maxRenderedOptions: 60, icons: false }),
  hoverTooltip(hover, { hoverTime: 250 }),
  highlightActiveLine(),
  highlightSelectionMatches(),
  search({ top: true }),
  yaml(),
  syntaxHighlighting(colours),
  look,
  EditorView.contentAttributes.of({ "aria-label": "Blueprint", spellcheck: "false", autocorrect: "off", autocapitalize: "off" }),
  keymap.of([
    { key: "Tab", run: acceptCompletion },
    { key: "Mod-]", run: indentMore },
    { key: "Mod-[", run: indentLess },
    // these are the page's own
    { key: "Mod-Enter", run: () => true },
    ...closeBracketsKeymap,
    ...defaultKeymap.filter((one) => one.key !== "Mod-Enter"),
    ...searchKeymap,
    ...historyKeymap,
    ...foldKeymap,
    ...completionKeymap,
    ...lintKeymap,
  ]),
  EditorView.updateListener.of((update) => {
    if (update.docChanged && !outside) edited();
  }),
];

const fresh = (text: string) => EditorState.create({ doc: text, extensions });

export const editor = {
  mount(parent: HTMLElement): () => void {
    view = new EditorView({ state: (current && opened.get(current)?.state) || fresh(""), parent });
    return () => {
      if (view && current) editor.put();
      view?.destroy();
      view = null;
    };
  },

  /** Keeps the state of what is open for when it is opened again. */
  put(): void {
    const one = current ? opened.get(current) : null;
    if (one && view) {
      one.state = view.state;
      one.scroll = view.scrollDOM.scrollTop;
    }
  },

  open(key: string, text: string): void {
    editor.put();
    const before = opened.get(key);
    const one: Open = before && before.state.doc.toString() === text ? before : { state: fresh(text), base: text, scroll: 0 };
    one.base = text;
    opened.set(key, one);
    current = key;
    if (view) {
      view.setState(one.state);
      const { scroll } = one;
      requestAnimationFrame(() => view?.scrollDOM.scrollTo({ top: scroll }));
    }
  },

  rename(from: string, to: string): void {
    const one = opened.get(from);
    if (!one) return;
    opened.delete(from);
    opened.set(to, one);
    if (current === from) current = to;
    one.base = editor.text();
  },

  text(): string {
    return view && current ? view.state.doc.toString() : ((current && opened.get(current)?.state.doc.toString()) ?? "");
  },

  /** The text that is on disk, or that a start began with. */
  base(): string {
    return (current && opened.get(current)?.base) ?? "";
  },

  saved(text: string): void {
    const one = current ? opened.get(current) : null;
    if (one) one.base = text;
  },

  /** Another text, as one edit that can be undone; the cursor stays where it can. */
  replace(text: string): void {
    if (!view) return;
    const now = view.state.doc.toString();
    if (now === text) return;
    let start = 0;
    while (start < now.length && start < text.length && now[start] === text[start]) start += 1;
    let end = 0;
    while (end < now.length - start && end < text.length - start && now.at(-1 - end) === text.at(-1 - end)) end += 1;
    view.dispatch({
      changes: { from: start, to: now.length - end, insert: text.slice(start, text.length - end) },
      annotations: [Transaction.userEvent.of("input.replace"), Transaction.addToHistory.of(true)],
    });
  },

  select(from: number, to: number, focus = true): void {
    if (!view) return;
    const length = view.state.doc.length;
    const range = EditorSelection.range(Math.min(from, length), Math.min(to, length));
    view.dispatch({ selection: EditorSelection.create([range]), effects: EditorView.scrollIntoView(range.from, { y: "start", yMargin: 60 }) });
    const start = range.from - view.state.doc.lineAt(range.from).from;
    if (start < 30) requestAnimationFrame(() => view?.scrollDOM.scrollTo({ left: 0 }));
    if (focus) view.focus();
  },

  toLine(line: number, column = 1): void {
    if (!view) return;
    const at = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
    const from = Math.min(at.from + Math.max(0, column - 1), at.to);
    editor.select(from, from);
  },

  focus(): void {
    view?.focus();
  },

  find(): void {
    if (view) openSearchPanel(view);
  },

  /** Shows problems and findings at their lines. */
  mark(problems: Problem[], findings: Finding[]): void {
    if (!view) return;
    const { doc } = view.state;
    const place = (one: Problem): { from: number; to: number } => {
      const line = doc.line(Math.min(Math.max(1, one.line ?? 1), doc.lines));
      const from = Math.min(line.from + Math.max(0, (one.column ?? 1) - 1), line.to);
      if (one.end_line && one.end_column && one.end_line <= doc.lines) {
        const last = doc.line(one.end_line);
        return { from, to: Math.max(from, Math.min(last.from + one.end_column - 1, last.to)) };
      }
      const word = /^[^\s:,{}[\]]+/.exec(line.text.slice(from - line.from));
      return { from, to: word ? from + word[0].length : line.to };
    };
    const shown: Diagnostic[] = [
      ...problems.map((one): Diagnostic => ({
        ...place(one), severity: one.severity === "note" ? "info" : one.severity, source: one.code ?? undefined,
        message: one.hint ? `${one.message}\n${one.hint}` : one.message,
      })),
      ...findings.map((one): Diagnostic => ({
        ...place(one), severity: one.severity === "error" ? "error" : one.severity === "warning" ? "warning" : "info",
        source: `${one.rule} ${one.code ?? ""}`, message: one.hint ? `${one.message}\n${one.hint}` : one.message,
        actions: one.fix ? [{ name: "Mend it", apply: () => void fix(one) }] : undefined,
      })),
    ];
    outside = true;
    view.dispatch(setDiagnostics(view.state, shown));
    outside = false;
  },
};
