/** One route of `/api/v1` as its description tells it. The schemas are those by which the route checks what it gets. */
import { z } from 'zod';
import type { ApiNeed } from '../routes/permission.js';

export interface RouteDoc {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** behind /api/v1, with `{name}` for parameters */
  readonly path: string;
  /** it stands at the root: faces of other products, which have no idempotency keys */
  readonly atRoot?: boolean;
  readonly summary: string;
  /** undefined: nobody is asked who he is; `any`: whoever can log in */
  readonly need: ApiNeed | 'any' | undefined;
  readonly tag: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** of a body that is a file */
  readonly bodyType?: string;
  /** undefined: not JSON, or not described */
  readonly answer?: z.ZodType;
  readonly answerType?: string;
  readonly status?: 201 | 202;
}

export const pageOf = (item: z.ZodType) =>
  z.object({
    items: z.array(item),
    total: z.int(),
    next: z.string().optional().describe('for the page after this one; absent on the last'),
  });

/** A page whose entries are not counted. */
export const openPageOf = (item: z.ZodType) =>
  z.object({ items: z.array(item), next: z.string().optional().describe('for the page after this one; absent on the last') });

/** The same need and tag for several routes. */
export const routes = (
  tag: string,
  need: RouteDoc['need'],
  list: readonly (Omit<RouteDoc, 'tag' | 'need'> & { readonly need?: RouteDoc['need'] })[],
): RouteDoc[] => list.map((route) => ({ tag, need, ...route }));
