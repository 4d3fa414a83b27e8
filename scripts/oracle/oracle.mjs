// Asks genai-prices what made-up usage costs: node oracle.mjs DIRECTORY COUNT [few]. It writes
//   data.json      the prices that the package comes with, as its project publishes them;
//   usages.ndjson  COUNT usages over all models of all providers, each with what the package says it costs.
// The same arguments always give the same files. With "few", the prices are those of few models, of every shape there is.
import fs from 'node:fs'
import path from 'node:path'
import { calcPrice, updatePrices, waitForUpdate } from '@pydantic/genai-prices'

const [directory, count, few] = process.argv.slice(2)

// mulberry32: a small generator of numbers with a seed, so that a difference can be looked at again.
let state = 20260923
function random() {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
const chance = (share) => random() < share
const upTo = (n) => Math.floor(random() * (n + 1))
const pick = (list) => list[Math.floor(random() * list.length)]

// The published form names constraints by their keys alone.
function published(providers) {
  return JSON.parse(
    JSON.stringify(providers, (key, value) => {
      if (['extractors', 'description', 'price_comments', 'name', 'context_window', 'api_pattern', 'deprecated'].includes(key)) return undefined
      if (key !== 'constraint') return value
      const { type, ...constraint } = value
      return constraint
    })
  )
}

const periods = (model) => (Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }])
const keysOf = (model) => [...new Set(periods(model).flatMap((period) => Object.keys(period.prices)))].sort()

// shapes are what tells models apart that a test should have both of: what is priced, when, and how ids are matched.
function shapes(model) {
  const tiered = periods(model).some((period) => Object.values(period.prices).some((price) => typeof price === 'object'))
  const constraints = periods(model).map((period) => Object.keys(period.constraint ?? {}).length)
  const rules = JSON.stringify(model.match).match(/"(or|and|equals|starts_with|ends_with|contains|regex)"/g)
  return [keysOf(model), [tiered, constraints], [...new Set(rules)].sort()].map((shape) => JSON.stringify(shape))
}

// fewModels leaves one model of each shape, and some voice models.
function fewModels(providers) {
  const seen = new Set()
  const kept = (model) => {
    const unseen = shapes(model).filter((known) => !seen.has(known))
    unseen.forEach((known) => seen.add(known))
    return unseen.length > 0 || /^(gpt-realtime-2|gpt-4o-audio-preview|gpt-4o-mini-tts|gemini-2.5-flash-tts|whisper.*)$/.test(model.id)
  }
  return providers
    .map((provider) => ({ ...provider, models: provider.models.filter(kept) }))
    .filter((provider) => provider.models.length > 0)
}

const tails = ['', '', '', '-preview', '-2026-03-05', '-20260305', '-v1:0', '-latest', '1', ':free']
const heads = ['', '', '', 'us.', 'eu.', 'global.', 'acme/', 'models/']
const dated = (id) => id + pick(['-2026-03-05', '-20260305'])

// idsOf makes ids of what a clause says.
function idsOf(clause) {
  const [[rule, value]] = Object.entries(clause)
  switch (rule) {
    case 'or':
    case 'and':
      return value.flatMap(idsOf)
    case 'equals':
      return [chance(0.95) ? value : dated(value)]
    case 'starts_with':
      return [value + pick(tails)]
    case 'ends_with':
      return [pick(heads) + value]
    case 'contains':
      return [pick(heads) + value + pick(tails)]
    case 'regex':
      return /[(]/.test(value)
        ? []
        : [value.replace(/[\^$]/g, '').replace(/\\d\{8\}/, '20260305').replace(/\\d\{4\}-\\d\{2\}-\\d\{2\}/, '2026-03-05').replace(/\\d/, '7').replace(/\\/g, '')]
  }
}

function idOf(model) {
  const id = chance(0.1) ? model.id : pick(idsOf(model.match)) ?? model.id
  return chance(0.05) ? id.toUpperCase() : id
}

// A moment around one at which prices change, or any from 2024 to 2028.
function moment(model) {
  const any = Date.UTC(2024, 0, 1) + Math.floor(random() * 4 * 365 * 86400) * 1000
  const { constraint } = pick(periods(model))
  if (!constraint || chance(0.2)) return any
  const near = pick([-86400_000, -1000, -1, 0, 1, 1000, 86400_000])
  if (constraint.start_date) return Date.parse(constraint.start_date) + near
  const day = new Date(any).toISOString().slice(0, 11)
  return Date.parse(day + pick([constraint.start_time, constraint.end_time])) + near
}

function quantity(share) {
  return chance(share) ? upTo(pick([1, 50, 5000, 150000])) : 0
}

// starts are the numbers of input tokens from which on prices are others.
const starts = (model) => periods(model).flatMap((period) => Object.values(period.prices).flatMap((price) => (price.tiers ?? []).map((tier) => tier.start)))

function tokens(model, usage) {
  const keys = keysOf(model)
  const strange = chance(0.1) // with modalities that the model has no price for
  const modal = (modality, share) => (strange || keys.some((key) => key.includes(modality)) ? quantity(share) : 0)
  const input = {
    text: quantity(0.9), read: quantity(0.5), write: quantity(0.3), write1h: quantity(0.2),
    audio: modal('audio', 0.5), audioRead: modal('audio', 0.3), image: modal('image', 0.3), imageRead: modal('image', 0.2),
    video: modal('video', 0.3),
  }
  const sum = () => Object.values(input).reduce((a, b) => a + b)
  const start = pick(starts(model))
  if (start !== undefined && chance(0.7)) {
    const wanted = start + pick([-1, 0, 1, 2])
    input.text = Math.max(0, wanted - (sum() - input.text))
  }
  const output = {
    text: quantity(0.9), audio: modal('output_audio', 0.5), reasoning: quantity(0.3),
    image: keys.includes('output_image_mtok') ? quantity(0.3) : 0,
    video: keys.includes('output_video_mtok') ? quantity(0.3) : 0,
    citation: keys.includes('output_citation_mtok') ? quantity(0.3) : 0,
  }
  Object.assign(usage, {
    input_tokens: sum(),
    cache_read_tokens: input.read + input.audioRead + input.imageRead,
    cache_write_tokens: input.write + input.write1h,
    cache_write_1h_tokens: input.write1h,
    input_audio_tokens: input.audio + input.audioRead,
    cache_audio_read_tokens: input.audioRead,
    input_image_tokens: input.image + input.imageRead,
    cache_image_read_tokens: input.imageRead,
    input_video_tokens: input.video,
    output_tokens: Object.values(output).reduce((a, b) => a + b),
    output_audio_tokens: output.audio,
    output_reasoning_tokens: output.reasoning,
    output_image_tokens: output.image,
    output_video_tokens: output.video,
    output_citation_tokens: output.citation,
  })
}

// What is counted in something else than tokens, where a model has a price for it.
const others = {
  input_mchars: ['input_characters'],
  requests_kcount: [],
  web_searches_kcount: ['web_searches'],
  storage_searches_kcount: ['storage_searches'],
  input_text_messages_kcount: ['input_text_messages'],
  input_document_kpages: ['input_document_pages'],
}

function usageOf(model) {
  const usage = {}
  const keys = keysOf(model)
  if (keys.some((key) => key.endsWith('_mtok')) || keys.length === 0) tokens(model, usage)
  if (keys.includes('audio_hours')) {
    usage.audio_seconds = pick([0, 0.25, 3, 9.99, 10, 10.01, 60, 90.5, 3600, Math.round(random() * 720000) / 100])
    if (keys.includes('input_audio_hours')) usage.input_audio_seconds = usage.audio_seconds
  }
  for (const key of keys) for (const unit of others[key] ?? []) usage[unit] = chance(0.5) ? upTo(20) : 0
  // What is in two other counts must be said, be it 0.
  return Object.fromEntries(Object.entries(usage).filter(([key, value]) => value > 0 || /^cache_.*_read/.test(key)))
}

// A provider may have the models of others too.
function ofFallback(provider) {
  const others = providers.filter((other) => provider.fallback_model_providers?.includes(other.id))
  return pick(others.flatMap((other) => other.models))
}

function ask(provider, own) {
  const model = (chance(0.5) && ofFallback(provider)) || own
  const usage = usageOf(model)
  const line = { provider: chance(0.97) ? provider.id : '', model: idOf(model), at: moment(model), usage }
  try {
    const answer = calcPrice({ ...usage }, line.model, { providerId: line.provider || undefined, timestamp: new Date(line.at) })
    if (answer === null) return line
    return { ...line, usd: answer.total_price, found: answer.model.id, seller: answer.provider.id, prices: answer.model_price }
  } catch (error) {
    return { ...line, error: error.message }
  }
}

let providers = published(await waitForUpdate())
if (few === 'few') providers = fewModels(providers)
updatePrices(({ setProviderData }) => setProviderData(providers))
providers = await waitForUpdate()
console.warn = () => {}

const all = providers.flatMap((provider) => provider.models.map((model) => [provider, model]))
const lines = []
for (let i = 0; i < Number(count); i++) lines.push(JSON.stringify(ask(...all[i % all.length])))
fs.mkdirSync(directory, { recursive: true })
fs.writeFileSync(path.join(directory, 'data.json'), '[\n' + published(providers).map((provider) => JSON.stringify(provider)).join(',\n') + '\n]\n')
fs.writeFileSync(path.join(directory, 'usages.ndjson'), lines.join('\n') + '\n')
