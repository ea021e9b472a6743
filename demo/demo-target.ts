import type Docker from 'dockerode';
import { makeNodeImage } from './images/node-image.ts';
import { demoLabels, removeLeftovers } from './leftovers.ts';
import { startTarget, type Target, type TargetOptions } from './target/target.ts';

const image = 'hemostat-demo/node:24';

/** A target for people to look at. Disposing removes its containers and the image. */
export async function startDemoTarget(
  docker: Docker,
  more: Pick<TargetOptions, 'prefix' | 'ports'> = {},
): Promise<Target> {
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
  const options = { image, labels: demoLabels, prefix: `hemostat-demo-${process.pid}-`, ...more };
  const target = stack.use(await startTarget(docker, options));
  const owned = stack.move();
  return { ...target, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
