import { runService } from '#libs/runtime/lifecycle';
import { startDockerGuard } from './service.ts';

await runService('docker-guard', () => startDockerGuard({ env: process.env }));
