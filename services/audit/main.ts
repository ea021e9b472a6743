import { runService } from '#libs/runtime/lifecycle';
import { startAudit } from './service.ts';

await runService('audit', (signal) => startAudit({ env: process.env, signal }));
