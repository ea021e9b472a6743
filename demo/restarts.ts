import type Docker from 'dockerode';

/** How often the Docker Engine itself says that it restarted the container. */
export async function countRestarts(docker: Docker, container: string): Promise<number> {
  // The engine's own clock: it may run elsewhere.
  const { SystemTime } = await docker.info();
  const until = Date.parse(SystemTime) / 1_000;
  const filters = { container: [container], event: ['restart'] };
  const events = await docker.getEvents({ since: 0, until, filters });
  let text = '';
  for await (const chunk of events) text += String(chunk);
  return text.split('\n').filter((line) => line.trim() !== '').length;
}
