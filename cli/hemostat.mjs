#!/usr/bin/env node
// Plain JavaScript, so that an old Node can say what it lacks, or hand over to the one that the set-up installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const itself = fileURLToPath(import.meta.url);
const installed = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= 24) {
  const { keepCompiled } = await import('./keep-compiled.ts');
  keepCompiled(process.env);
  await import('./hemostat.ts');
} else if (existsSync(installed)) {
  const child = spawn(installed, [itself, ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both; the child decides what comes of it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
} else {
  console.error(`error: hemostat needs Node 24 or later, and this is ${process.versions.node}`);
  console.error('what to do: npm run setup installs one beside it, or put a newer node into PATH');
  process.exitCode = 78;
}
