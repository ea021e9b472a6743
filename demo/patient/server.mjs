// The patient of the demo: a small API whose database pool leaks once it is told to. What leaked lives in
// memory only, so restarting the container frees it. Runs inside the container, by Node alone.
import { createServer } from 'node:http';

const poolSize = 20;
let leaked = 0;
let _leaking;

const utilization = () => leaked / poolSize;
const poolHealth = () => (utilization() >= 0.9 ? 'critical' : utilization() >= 0.6 ? 'warning' : 'healthy');
const isWell = () => poolHealth() !== 'critical';
const errorRate = () => Math.round(Math.max(0, utilization() - 0.5) * 200 * 10) / 10;

const routes = {
  'GET /api/v1/health': () => ({
    status: isWell() ? 'ok' : 'unhealthy',
    services: { database: { status: isWell() ? 'healthy' : 'unhealthy' } },
  }),
  'GET /api/v1/metrics': () => ({
    application: { error_rate_percent: errorRate(), avg_response_time_ms: 5 + leaked * 40 },
  }),
  'GET /api/v1/pool/status': () => ({
    pool: { size: poolSize, in_use: leaked, utilization: utilization(), pool_health: poolHealth() },
  }),
  'POST /api/v1/break/db_pool': () => {
    _leaking ??= setInterval(() => {
      leaked = Math.min(poolSize, leaked + 4);
    }, 100);
    return { status: 'leaking' };
  },
};

createServer((request, response) => {
  const answer = routes[`${request.method} ${request.url?.split('?')[0]}`];
  response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer ? answer() : { error: 'no such route' }));
}).listen(8000);

process.on('SIGTERM', () => process.exit(0));
