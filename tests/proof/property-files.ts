import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

export type TestFile = { readonly file: string; readonly text: string };

/** Every file of tests, but for the one that counts properties. */
export function testFiles(): readonly TestFile[] {
  return globSync('{cli,demo,examples,libs,services,tests}/**/*.test.ts', { cwd: root })
    .filter((file) => !file.endsWith('properties.test.ts'))
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
}

/** What follows each `holds(` in it. */
export const propertiesIn = (text: string): readonly string[] => text.split(/\bholds\(/).slice(1);

/** The files that P2 is about: they stand beside the code, not among the proofs. */
export const propertyFiles = (): readonly string[] =>
  testFiles().flatMap(({ file, text }) => (propertiesIn(text).length > 0 ? [file] : []));
