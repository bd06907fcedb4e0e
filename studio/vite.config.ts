import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Writes the licences of every package that is in the bundle beside it. */
function licences(): Plugin {
  return {
    name: "licences",
    apply: "build",
    generateBundle(_options, bundle) {
      const found = new Map<string, string>();
      const modules = Object.values(bundle).flatMap((chunk) => (chunk.type === "chunk" ? Object.keys(chunk.modules) : []));
      modules.push(join(import.meta.dirname, "node_modules/@fontsource-variable/inter/index.css"));
      for (const id of modules) {
        const match = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id.replaceAll("\\", "/"));
        if (!match || found.has(match[1]!)) continue;
        const file = readdirSync(match[0]).find((name) => /^licen[cs]e/i.test(name));
        const told = JSON.parse(readFileSync(join(match[0], "package.json"), "utf8")) as { version: string; license: string };
        const text = file ? readFileSync(join(match[0], file), "utf8").trim() : `Licence: ${told.license}`;
        found.set(match[1]!, `${match[1]} ${told.version}\n\n${text}\n`);
      }
      const source = [...found.keys()].sort().map((name) => found.get(name)).join(`\n${"-".repeat(78)}\n\n`);
      this.emitFile({ type: "asset", fileName: "assets/licences.txt", source });
    },
  };
}

export default defineConfig({
  plugins: [react(), licences()],
  build: {
    outDir: "../src/loadcase/studio/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
  },
});
