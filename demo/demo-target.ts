import type Docker from 'dockerode';
import { makeNodeImage } from './images/node-image.ts';
import { demoLabels, removeLeftovers } from './leftovers.ts';
import { startTarget, type Target } from './target/target.ts';

const image = 'hemostat-demo/node:24';

/** The demo's own target. Disposing removes its containers and the image. */
export async function startDemoTarget(docker: Docker): Promise<Target> {
  await removeLeftovers(docker);
  await using stack = new AsyncDisposableStack();
  await makeNodeImage(docker, image);
  // Another demo may still need the image; the last one takes it away.
  stack.defer(() =>
    docker
      .getImage(image)
      .remove()
      .then(
        () => undefined,
        () => undefined,
      ),
  );
  const options = { image, labels: demoLabels, prefix: `hemostat-demo-${process.pid}-` };
  const target = stack.use(await startTarget(docker, options));
  const owned = stack.move();
  return { ...target, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
