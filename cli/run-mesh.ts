import { relative } from 'node:path';
import { runService } from '#libs/runtime/lifecycle';
import { startMesh } from './mesh.ts';

/** The whole mesh in this process, until it is told to stop. Sets the exit code of the process. */
export function up(): Promise<void> {
  return runService('mesh', async (signal) => {
    const env = { LOG_FORMAT: process.stdout.isTTY ? 'text' : 'json', ...process.env };
    const mesh = await startMesh({ env, signal });
    const key = mesh.operatorKeyFile === undefined ? '' : ` --nkey ${shortest(mesh.operatorKeyFile)}`;
    process.stderr.write(
      [
        `hemostat is ready: ${mesh.gatewayUrl} (API ${mesh.gatewayUrl}/docs, health ${mesh.gatewayUrl}/health)`,
        `NATS: ${mesh.natsUrl} (watch it: nats --server ${mesh.natsUrl}${key} sub 'hemostat.stored.>')`,
        'Ctrl-C stops it.',
        '',
      ].join('\n'),
    );
    return mesh;
  });
}

function shortest(file: string): string {
  const from = relative('.', file);
  return from.startsWith('..') ? file : from;
}
