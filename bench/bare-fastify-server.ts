import Fastify from 'fastify';

/** One route that says the JSON it was started with; tells its address to whoever started it. */
const answer: unknown = JSON.parse(process.argv[2] ?? '{}');
const app = Fastify({ logger: false });
app.post('/', async () => answer);
app.get('/', async () => answer);
process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }));
process.once('disconnect', () => process.exit());
