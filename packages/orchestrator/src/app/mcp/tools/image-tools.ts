import type { AgentImage } from '@cynodeai/contracts/mcp';
import type { Clock } from '@cynodeai/runtime/std';
import { imageNamed } from '../../../domain/mcp/named-image.ts';
import { ToolRefusal } from '../../../domain/mcp/tool-refusal.ts';
import type { Seal } from '../../../domain/tasks/page-cursor.ts';
import type { AgentImageReader } from '../../../ports/agent-views.ts';
import type { HandlersBelow } from '../tool-handlers.ts';
import { nameOf } from './call-user.ts';
import { pageByText } from './pages.ts';

export interface ImageToolDeps {
  readonly images: AgentImageReader;
  readonly seal: Seal;
  readonly clock: Clock;
}

const mayAddKey = 'agents.project_manager.sandbox.allow_add_to_allowed_images';

/** Handlers of the tools on images. See docs/reference/mcp.md#tools. */
export function imageTools({ images, seal, clock }: ImageToolDeps): HandlersBelow<'sandbox'> {
  return {
    'sandbox.allowed_images.list': async (_call, page) => {
      const { rows, next_cursor } = await pageByText(
        seal,
        page,
        (image: AgentImage) => image.image_ref,
        (after, limit) => images.list({ after, limit }),
      );
      return { images: [...rows], next_cursor };
    },
    'sandbox.allowed_images.add': async (call, args) => async (effects) => {
      const setting = await effects.settings((transaction) => transaction.lock(mayAddKey));
      if (setting?.value !== true) {
        throw new ToolRefusal('setting_disabled', `only while ${mayAddKey} is true`);
      }
      const wanted = imageNamed(args.image_ref, args.name);
      const image = await effects.images.allow(wanted, { by: nameOf(call), at: clock.now() });
      if (image !== undefined) return { image };
      const known = `${wanted.name} has another image of version ${wanted.version}`;
      throw new ToolRefusal('conflict', `${known}; give another name`);
    },
  };
}
