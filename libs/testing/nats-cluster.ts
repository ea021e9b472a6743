import { type NatsServer, startNatsServer } from './nats-server.ts';

/** Where a node of a cluster lives: a host, and how its program is run there. */
export type NodePlace = {
  readonly name: string;
  readonly host: string;
  readonly enter?: (argv: readonly string[]) => readonly string[];
  /** For the other nodes. */
  readonly clusterPort: number;
};

export type ClusterNode = { readonly place: NodePlace; readonly server: NatsServer };

/** Real nats-servers that are one JetStream. */
export interface NatsCluster extends AsyncDisposable {
  /** Of all nodes, separated by commas. */
  readonly url: string;
  readonly nodes: readonly ClusterNode[];
}

export async function startNatsCluster(
  places: readonly NodePlace[],
  configLines: readonly string[] = [],
): Promise<NatsCluster> {
  await using stack = new AsyncDisposableStack();
  const routes = places.map(({ host, clusterPort }) => `nats-route://${host}:${clusterPort}`);
  const nodes = await Promise.all(
    places.map(async (place): Promise<ClusterNode> => {
      const { name, host, enter, clusterPort } = place;
      const server = await startNatsServer({
        host,
        ...(enter === undefined ? {} : { enter }),
        configLines: [
          `server_name: ${name}`,
          `cluster { name: hemostat, listen: "${host}:${clusterPort}", routes: [${routes.join(', ')}] }`,
          ...configLines,
        ],
      });
      return { place, server };
    }),
  );
  for (const { server } of nodes) stack.use(server);
  const owned = stack.move();
  return {
    nodes,
    url: nodes.map(({ server }) => server.url).join(','),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
