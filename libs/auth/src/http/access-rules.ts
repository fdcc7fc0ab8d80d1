import { Injectable, type OnModuleInit } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ACCESS } from '#http';

/**
 * Looks at every route before the first request: one that does not say who may call it ends the start, so that it is
 * found by whoever wrote it and not by whoever calls it.
 */
@Injectable()
export class AccessRules implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    const missing = this.discovery.getControllers().flatMap(({ metatype }) => {
      const prototype = metatype?.prototype as Record<string, object> | undefined;
      if (metatype === null || prototype === undefined) return [];
      return this.scanner
        .getAllMethodNames(prototype)
        .filter((name) => isRoute(prototype[name]) && !Reflect.hasMetadata(ACCESS, prototype[name] ?? {}))
        .map((name) => `${metatype.name}.${name}`);
    });
    if (missing.length > 0)
      throw new Error(`No access rule: ${missing.join(', ')}. Declare each route with @Endpoint, which asks for one.`);
  }
}

function isRoute(handler: object | undefined): boolean {
  return handler !== undefined && Reflect.hasMetadata(PATH_METADATA, handler);
}
