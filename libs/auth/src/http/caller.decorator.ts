import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Principal } from '#kernel';

/** The verified principal of the request. Routes that are not public always have one. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<{ principal?: Principal }>();
  if (principal === undefined) throw new Error('This route has no principal: it is public.');
  return principal;
});
