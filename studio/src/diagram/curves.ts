/** Curves beside each other: the lines of a bundle, and its head. */

type Point = [number, number];

const SPREAD = 3.4;

const apart = (a: Point, b: Point): number => Math.hypot(b[0] - a[0], b[1] - a[1]);

/** The direction from a control point to the next; that around them where both are one. */
function way(points: Point[], i: number): Point {
  if (i < 0 || i >= points.length - 1) return [0, 0];
  for (const [a, b] of [[i, i + 1], [i - 1, i + 2], [i - 2, i + 3]] as const) {
    const one = points[Math.max(0, a)]!;
    const two = points[Math.min(points.length - 1, b)]!;
    const long = apart(one, two);
    if (long > 0.3) return [(two[0] - one[0]) / long, (two[1] - one[1]) / long];
  }
  return [0, 0];
}

/** Control points of a curve beside another: each moves as the curve does there. */
export function beside(points: Point[], by: number): Point[] {
  if (Math.abs(by) < 0.01) return points;
  return points.map(([x, y], i) => {
    const ways = (i % 3 === 2 ? [i] : i % 3 === 1 ? [i - 1] : [i - 1, i]).map((j) => way(points, j));
    const dx = ways.reduce((sum, one) => sum + one[0], 0);
    const dy = ways.reduce((sum, one) => sum + one[1], 0);
    const long = Math.hypot(dx, dy) || 1;
    return [x - (by * dy) / long, y + (by * dx) / long];
  });
}

const text = ([x, y]: Point): string => `${x.toFixed(2)} ${y.toFixed(2)}`;

/** The lines of `count` strands and the head that they share; null where there is nothing to draw. */
export function shapesOf(points: Point[], count: number): { lines: string[]; head: string } | null {
  const tip = points.at(-1);
  if (!tip || points.length < 4) return null;
  const back = points.slice(0, -1).findLast((one) => apart(one, tip) > 0.5) ?? points[0]!;
  const long = apart(back, tip) || 1;
  const [ux, uy] = [(tip[0] - back[0]) / long, (tip[1] - back[1]) / long];
  const middle = (count - 1) / 2;
  const half = 4.2 + middle * SPREAD;
  const short: Point[] = [...points.slice(0, -1), [tip[0] - 5 * ux, tip[1] - 5 * uy]];
  const lines = Array.from({ length: count }, (_, i) => {
    const [first, ...rest] = beside(short, (i - middle) * SPREAD);
    return `M${text(first!)}C${rest.map(text).join(" ")}`;
  });
  const foot: Point = [tip[0] - 8 * ux, tip[1] - 8 * uy];
  const head = `M${text(tip)}L${text([foot[0] - half * uy, foot[1] + half * ux])}L${text([foot[0] + half * uy, foot[1] - half * ux])}Z`;
  return { lines, head };
}
