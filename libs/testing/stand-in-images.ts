import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { findNatsServer } from '#libs/bus/find-nats-server';
import { busyboxFiles } from '../../demo/images/busybox-files.ts';
import { findProgram } from '../../demo/images/find-program.ts';
import { importImage, repoAndTag } from '../../demo/images/import-image.ts';
import { nodeChanges, nodeFiles } from '../../demo/images/node-image.ts';
import { madeOnce } from './images.ts';
import { copyNpmCache, npmSetting } from './stand-in-npm-cache.ts';

// Images with public names, made from what is on this machine, so that Dockerfile and docker-compose.yml are
// used unchanged where no registry can be reached. For an engine of the tests' own only: on somebody's engine
// they would take the place of the real ones.

const shell = 'ENV PATH=/usr/local/bin:/usr/bin:/bin';

/** Node with npm and all that `npm ci --omit=dev` of this project asks for; throws when npm's cache lacks some. */
export async function standInNode(docker: Docker): Promise<string> {
  return madeOnce(docker, 'node:24-slim', async () => {
    await using cache = await copyNpmCache(join(import.meta.dirname, '../../package-lock.json'));
    const node = await nodeFiles();
    const npm = 'usr/local/lib/node_modules/npm';
    const rootFs = {
      ...node,
      folders: { [npm]: await npmFolder(), 'opt/npm-cache': cache.folder },
      links: { ...node.links, 'usr/local/bin/npm': `../../../${npm}/bin/npm-cli.js` },
    };
    const settings = ['cache=/opt/npm-cache', 'offline=true', `registry=${await npmSetting('registry')}`];
    const changes = settings.map((setting) => `ENV npm_config_${setting}`);
    await importImage(docker, 'node:24-slim', rootFs, [...nodeChanges, ...changes]);
  });
}

/** The nats-server of this machine, laid out as in the public image. */
export async function standInNats(docker: Docker): Promise<string> {
  return madeOnce(docker, 'nats:2.12-alpine', async () => {
    const busybox = await busyboxFiles();
    const rootFs = {
      ...busybox,
      programs: { ...busybox?.programs, 'usr/local/bin/nats-server': findNatsServer(process.env) },
      files: {
        'etc/nats/nats-server.conf': 'http: 8222\n',
        'usr/local/bin/docker-entrypoint.sh':
          '#!/bin/sh\ncase "$1" in -*) set -- nats-server "$@" ;; esac\nexec "$@"\n',
      },
    };
    const changes = [
      shell,
      'ENTRYPOINT ["docker-entrypoint.sh"]',
      'CMD ["nats-server","--config","/etc/nats/nats-server.conf"]',
    ];
    await importImage(docker, 'nats:2.12-alpine', rootFs, changes);
  });
}

const listeners = [4318, 16686].map(
  (port) => `require('node:http').createServer((q,a)=>{q.resume();a.end('{}')}).listen(${port})`,
);
const jaegerScript = [...listeners, `process.on('SIGTERM',()=>process.exit())`].join(';');

/** Takes spans and a browser's requests, and forgets them. */
export async function standInJaeger(docker: Docker): Promise<string> {
  return madeOnce(docker, 'jaegertracing/jaeger:2', async () => {
    const base = await docker.createContainer({ Image: await standInNode(docker) });
    try {
      const cmd = JSON.stringify(['node', '-e', jaegerScript]);
      await base.commit({ ...repoAndTag('jaegertracing/jaeger:2'), changes: `CMD ${cmd}` });
    } finally {
      await base.remove();
    }
  });
}

async function npmFolder(): Promise<string> {
  const npm = await findProgram('npm');
  if (npm === undefined) throw new Error('there is no npm on PATH');
  return join(await realpath(npm), '../..');
}
