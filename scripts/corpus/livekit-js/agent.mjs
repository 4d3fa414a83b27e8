// Writes what LiveKit's JavaScript SDK emits, as JSON.stringify writes it.
//
// The SDK's metrics are plain types without a class or a constructor: they are literals here, held to the SDK's own types
// by `tsc` (jsconfig.json). Events, chat messages, the usage collector and the session report are the SDK's own code.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, dirname } from 'node:path';
import { llm, metrics, voice } from '@livekit/agents';

const SECRET = 'secret words';
const BEGAN = 1764000000000;
const openai = { modelName: 'gpt-4o', modelProvider: 'api.openai.com' };
const deepgram = { modelName: 'nova-3', modelProvider: 'Deepgram' };
const cartesia = { modelName: 'sonic-3', modelProvider: 'Cartesia' };
const realtime = { modelName: 'gpt-realtime', modelProvider: 'api.openai.com' };

/** @type {metrics.AgentMetrics[]} */
const measured = [
  { type: 'vad_metrics', label: 'silero.VAD', timestamp: BEGAN + 1000, idleTimeMs: 400, inferenceDurationTotalMs: 12, inferenceCount: 31 },
  {
    type: 'eou_metrics', timestamp: BEGAN + 2250, endOfUtteranceDelayMs: 600, transcriptionDelayMs: 250,
    onUserTurnCompletedDelayMs: 10, lastSpeakingTimeMs: BEGAN + 2000, speechId: 'speech_1',
  },
  { type: 'eot_inference_metrics', timestamp: BEGAN + 2260, totalDuration: 50, predictionDuration: 20, detectionDelay: 30, numRequests: 1 },
  {
    type: 'stt_metrics', label: 'deepgram.STT', requestId: 'stt_1', timestamp: BEGAN + 2300, durationMs: 0, audioDurationMs: 7840,
    streamed: true, metadata: deepgram,
  },
  {
    type: 'llm_metrics', label: 'openai.LLM', requestId: 'chatcmpl_1', timestamp: BEGAN + 2700, durationMs: 1310, ttftMs: 412,
    cancelled: false, completionTokens: 37, promptTokens: 1042, promptCachedTokens: 896, totalTokens: 1079, tokensPerSecond: 28.2,
    speechId: 'speech_1', metadata: openai,
  },
  {
    type: 'tts_metrics', label: 'cartesia.TTS', requestId: 'tts_1', timestamp: BEGAN + 2800, ttfbMs: 190, durationMs: 1100,
    audioDurationMs: 3200, cancelled: false, charactersCount: 48, streamed: true, segmentId: 'segment_1', speechId: 'speech_1',
    metadata: cartesia,
  },
  {
    type: 'llm_metrics', label: 'openai.LLM', requestId: 'chatcmpl_2', timestamp: BEGAN + 8000, durationMs: 300, ttftMs: -1,
    cancelled: true, completionTokens: 0, promptTokens: 1100, promptCachedTokens: 1024, totalTokens: 1100, tokensPerSecond: 0,
    speechId: 'speech_2', metadata: openai,
  },
  {
    type: 'interruption_metrics', timestamp: BEGAN + 9000, totalDuration: 100, predictionDuration: 50, detectionDelay: 200,
    numInterruptions: 1, numBackchannels: 0, numRequests: 3,
  },
  {
    type: 'realtime_model_metrics', label: 'openai.RealtimeModel', requestId: 'resp_1', timestamp: BEGAN + 12000, durationMs: 2200,
    ttftMs: 610, cancelled: false, inputTokens: 132, outputTokens: 121, totalTokens: 253, tokensPerSecond: 55,
    inputTokenDetails: {
      audioTokens: 13, textTokens: 119, imageTokens: 0, cachedTokens: 64,
      cachedTokensDetails: { audioTokens: 0, textTokens: 64, imageTokens: 0 },
    },
    outputTokenDetails: { textTokens: 30, audioTokens: 91, imageTokens: 0 }, metadata: realtime,
  },
  { type: 'avatar_metrics', timestamp: BEGAN + 13000, playbackLatencyMs: 300 },
];

/** What the SDK's collector has added up of the first so many. @param {number} count */
function usage(count) {
  const collector = new metrics.ModelUsageCollector();
  measured.slice(0, count).forEach((m) => collector.collect(m));
  return { modelUsage: collector.flatten() };
}

const heard = llm.ChatMessage.create({
  id: 'item_1', role: 'user', content: SECRET, createdAt: BEGAN + 2300,
  metrics: { startedSpeakingAt: BEGAN / 1000, stoppedSpeakingAt: BEGAN / 1000 + 2, transcriptionDelay: 0.25, endOfTurnDelay: 0.6 },
});
const answered = llm.ChatMessage.create({
  id: 'item_2', role: 'assistant', content: SECRET, createdAt: BEGAN + 2904,
  metrics: { llmNodeTtft: 0.412, ttsNodeTtfb: 0.19, playbackLatency: 0.02, e2eLatency: 0.904 },
});
const called = llm.FunctionCall.create({ id: 'item_4', callId: 'call_1', name: 'searchOrders', args: SECRET, createdAt: BEGAN + 4000 });
const returned = llm.FunctionCallOutput.create({
  id: 'item_5', callId: 'call_1', name: 'searchOrders', output: SECRET, isError: false, createdAt: BEGAN + 4400,
});
const closed = voice.createCloseEvent(voice.CloseReason.PARTICIPANT_DISCONNECTED, null, BEGAN + 74200);

/** @type {voice.AgentEvent[]} */
const around = [
  voice.createAgentStateChangedEvent('initializing', 'listening', BEGAN),
  voice.createUserStateChangedEvent('listening', 'speaking', BEGAN + 500),
  voice.createUserInputTranscribedEvent({ transcript: SECRET, isFinal: true, createdAt: BEGAN + 2300 }),
  voice.createConversationItemAddedEvent(heard, BEGAN + 2300),
  voice.createConversationItemAddedEvent(answered, BEGAN + 2904),
  voice.createSessionUsageUpdatedEvent({ usage: usage(5), createdAt: BEGAN + 2905 }),
  voice.createFunctionToolsExecutedEvent({ functionCalls: [called], functionCallOutputs: [returned], createdAt: BEGAN + 4400 }),
  voice.createSessionUsageUpdatedEvent({ usage: usage(measured.length), createdAt: BEGAN + 13000 }),
  closed,
];

function report() {
  const options = /** @type {any} */ ({ maxToolSteps: 3, recordingOptions: {}, voiceOptions: {} });
  return voice.sessionReportToJSON(voice.createSessionReport({
    jobId: 'AJ_corpus', roomId: 'RM_corpus', room: 'corpus', options, events: around, startedAt: BEGAN, timestamp: BEGAN + 74300,
    chatHistory: new llm.ChatContext([heard, answered]), modelUsage: usage(measured.length).modelUsage,
  }));
}

const folder = join(process.argv[2], 'livekit', 'testdata');

/** @param {string} name @param {unknown[]} messages */
function write(name, messages) {
  writeFileSync(join(folder, name), messages.map((m) => `${JSON.stringify(m)}\n`).join(''));
}

mkdirSync(folder, { recursive: true });
write('sdk_js_metrics.ndjson', [
  ...measured.map((m) => voice.createMetricsCollectedEvent({ metrics: m, createdAt: m.timestamp })), closed,
]);
write('sdk_js_events.ndjson', around);
write('sdk_js_report.ndjson', [report()]);

const entry = createRequire(import.meta.url).resolve('@livekit/agents');
const path = join(folder, 'manifest.json');
const { python } = JSON.parse(readFileSync(path, 'utf8')); // written before by livekit_agent.py
const javascript = {
  files: {
    'sdk_js_events.ndjson': 'events by the SDK\'s functions, with its chat messages and usage collector',
    'sdk_js_metrics.ndjson': 'object literals held to the SDK\'s types, in its metrics_collected event, then its close event',
    'sdk_js_report.ndjson': 'sessionReportToJSON(createSessionReport())',
  },
  packages: { '@livekit/agents': JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8')).version },
};
writeFileSync(path, `${JSON.stringify({ javascript, python }, null, 2)}\n`);
process.exit(0); // the SDK keeps timers of its own
