import type { LoadFigures } from './http-load.ts';

/** The value below which a share of the sorted values lies; share from 0 to 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

export function perSecond(count: number, elapsedMs: number): number {
  return Math.round((count * 1_000) / elapsedMs);
}

/** Throws when an answer was not what it should be: a figure for wrong answers is none. */
export function printLoad(what: string, aim: string, through: LoadFigures, bare: LoadFigures): void {
  console.log(`  ${'bare fastify, the same answer'.padEnd(30)} ${inWords(bare)}`);
  console.log(`  ${what.padEnd(30)} ${inWords(through)} (five processes; ${aim})`);
  console.log(`  ${'ratio'.padEnd(30)} ${(through.rate / bare.rate).toFixed(3)}`);
  console.log(`  ${'answers, errors'.padEnd(30)} ${through.answers}, ${through.errors}`);
  if (through.errors > 0 || bare.errors > 0) throw new Error('not every answer was as it should be');
}

function inWords({ rate, p50, p99 }: LoadFigures): string {
  return `${rate}/s, p50 ${ms(p50)}, p99 ${ms(p99)}`;
}
