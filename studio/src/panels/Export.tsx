/** The report of a run, and the files that a design becomes. */

import { useEffect, useState } from "react";
import { download, say } from "../actions";
import { api } from "../api";
import { editor } from "../editor/editor";
import { toast, use } from "../store";
import type { ExportedFile } from "../types";
import { Button, Empty } from "../ui/kit";

const FORMATS: { id: string; name: string; what: string }[] = [
  { id: "openapi", name: "OpenAPI 3.1", what: "the request interfaces" },
  { id: "asyncapi", name: "AsyncAPI", what: "logs and topics" },
  { id: "sql", name: "SQL", what: "tables for PostgreSQL" },
  { id: "cql", name: "CQL", what: "tables of wide-column stores" },
  { id: "prometheus", name: "Prometheus", what: "burn-rate alerts" },
  { id: "openslo", name: "OpenSLO", what: "the objectives" },
  { id: "locust", name: "Locust", what: "a load script, the same mix" },
  { id: "mermaid", name: "Mermaid", what: "the diagram for Markdown" },
  { id: "svg", name: "SVG", what: "the diagram as a picture" },
  { id: "structurizr", name: "Structurizr", what: "the diagram as C4 text" },
];

export function ExportPanel() {
  const doc = use((now) => now.doc);
  const runId = use((now) => now.runId);
  const runs = use((now) => now.runs);
  const [files, setFiles] = useState<ExportedFile[]>([]);
  const [leftOut, setLeftOut] = useState<string[]>([]);
  const [known, setKnown] = useState<string[] | null>(null);
  useEffect(() => void api.formats().then((told) => setKnown(told.formats)).catch(() => undefined), []);
  const [format, setFormat] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const run = runs.find((one) => one.id === runId && one.kind === "check");
  if (!doc) return <Empty title="Nothing is open" />;
  const make = async (id: string) => {
    setFormat(id);
    setError(null);
    try {
      const found = await api.export(editor.text(), id);
      setFiles(found.files);
      setLeftOut(found.left_out ?? []);
    } catch (problem) {
      setFiles([]);
      setLeftOut([]);
      setError((problem as Error).message);
    }
  };
  const copy = async (file: ExportedFile) => {
    try {
      await navigator.clipboard.writeText(file.text);
      toast(`${file.name} is in the clipboard.`, "good");
    } catch (problem) {
      say(problem);
    }
  };
  return (
    <div className="export">
      <section>
        <h3>Report</h3>
        {run && !["queued", "running"].includes(run.state) ? (
          <p className="export-report">
            <a className="button primary" href={api.reportUrl(run.id, "html")} download={`${run.blueprint ?? "design"}-report.html`}>Report as one page</a>
            <a className="button plain" href={api.reportUrl(run.id, "md")} download={`${run.blueprint ?? "design"}-report.md`}>as Markdown</a>
            <span className="muted">of the run {run.name ? `“${run.name}”` : "that is open"}: verdicts, plots, stories, costs; opens without a network.</span>
          </p>
        ) : <p className="muted">A report is made of a run: run the design, or open a saved run.</p>}
      </section>
      <section>
        <h3>Files</h3>
        <div className="formats">
          {FORMATS.filter((one) => !known || known.includes(one.id)).map((one) => (
            <button type="button" key={one.id} aria-pressed={format === one.id} onClick={() => void make(one.id)}>
              <b>{one.name}</b>
              <span>{one.what}</span>
            </button>
          ))}
        </div>
        {error && <p className="bad-note">{error}</p>}
        {files.map((file) => (
          <figure key={file.name} className="file-out">
            <figcaption>
              <b>{file.name}</b>
              <Button icon="copy" onClick={() => void copy(file)}>Copy</Button>
              <Button icon="download" kind="primary" onClick={() => download(file.name, file.text)}>Download</Button>
            </figcaption>
            <pre tabIndex={0}>{file.text.length > 40_000 ? `${file.text.slice(0, 40_000)}\n…` : file.text}</pre>
          </figure>
        ))}
        {leftOut.map((one) => <p key={one} className="muted note">Left out: {one}</p>)}
        {format && !error && !files.length && <p className="muted">This design has nothing for that format.</p>}
      </section>
    </div>
  );
}
