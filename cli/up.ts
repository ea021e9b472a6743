import { up } from './run-mesh.ts';

await up();
