/** How busy something is, in a word that has a colour. */

export function loadClass(utilisation: number | null | undefined): string {
  if (utilisation === null || utilisation === undefined) return "none";
  if (utilisation >= 1) return "over";
  if (utilisation >= 0.8) return "high";
  if (utilisation >= 0.6) return "busy";
  return "calm";
}
