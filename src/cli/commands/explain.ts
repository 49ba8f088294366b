import { explanationToWire } from '../../core/explain/wire.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit.ts'
import { say, visible } from '../text.ts'
import { QUEUE } from './options.ts'

export const explain: Command = {
  name: 'explain',
  takes: '<id>',
  about: 'Say why a task is not running, or what became of it',
  options: { queue: { ...QUEUE, about: 'look in this queue only' } },
  async run({ args, screen, open }) {
    const { inspector } = await open()
    const explanation = await inspector.explain(args.positional[0]!, args.name('queue'))
    const { id, queue, state, traceId, reasons } = explanation
    if (screen.json) screen.printJson(explanationToWire(explanation))
    else {
      screen.print(queue === undefined ? say`${id}` : say`${id} in queue ${queue} is ${state ?? 'unknown'}`)
      for (const { text } of reasons) screen.print(`* ${visible(text)}`)
      if (traceId !== undefined) screen.print(say`trace ${traceId}`)
    }
    return state === undefined ? EXIT.failed : EXIT.ok
  },
}
