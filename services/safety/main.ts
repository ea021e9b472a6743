import { runService } from '#libs/runtime/lifecycle';
import { startSafety } from './service.ts';

await runService('safety', (signal) => startSafety({ env: process.env, signal }));
