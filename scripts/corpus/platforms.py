"""Builds the reports that managed platforms post when a call is over, with the models of their SDKs. One post a line."""

import datetime

import elevenlabs as el
import vapi
from pydantic import BaseModel
from retell.types import web_call_response as retell

from corpus import BEGAN, SECRET, manifest, write


def moment(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(BEGAN + seconds, datetime.timezone.utc)


def dumped(model: BaseModel) -> dict:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def vapi_report() -> dict:
    gpt = {"provider": "openai", "model": "gpt-4o", "messages": [{"role": "system", "content": SECRET}]}
    return dumped(vapi.ServerMessageEndOfCallReport(
        type="end-of-call-report", ended_reason="customer-ended-call", cost=0.1342, timestamp=(BEGAN + 80) * 1000,
        started_at=moment(0), ended_at=moment(74.2),
        costs=[
            vapi.ServerMessageEndOfCallReportCostsItem_Transport(provider="twilio", minutes=1.2367, cost=0.01),
            vapi.ServerMessageEndOfCallReportCostsItem_Transcriber(
                transcriber={"provider": "deepgram", "model": "nova-3"}, minutes=1.2367, cost=0.012),
            vapi.ServerMessageEndOfCallReportCostsItem_Model(
                model=gpt, prompt_tokens=2100, completion_tokens=160, cached_prompt_tokens=1024, reasoning_tokens=32, cost=0.007),
            vapi.ServerMessageEndOfCallReportCostsItem_Voice(
                voice={"provider": "cartesia", "model": "sonic-3", "voiceId": "v"}, characters=820, cost=0.04),
            vapi.ServerMessageEndOfCallReportCostsItem_Vapi(sub_type="normal", minutes=1.2367, cost=0.06),
            vapi.ServerMessageEndOfCallReportCostsItem_Analysis(
                analysis_type="summary", model=gpt, prompt_tokens=300, completion_tokens=40, cost=0.003),
            vapi.ServerMessageEndOfCallReportCostsItem_KnowledgeBase(
                model=gpt, prompt_tokens=50, completion_tokens=5, cost=0.001),
            vapi.ServerMessageEndOfCallReportCostsItem_VoicemailDetection(
                model=gpt, provider="openai", prompt_text_tokens=10, prompt_audio_tokens=90, completion_text_tokens=2,
                completion_audio_tokens=0, cost=0.0012),
        ],
        analysis=vapi.Analysis(summary=SECRET),
        artifact=vapi.Artifact(transcript=SECRET, performance_metrics=vapi.PerformanceMetrics(
            turn_latencies=[
                vapi.TurnLatency(model_latency=512, voice_latency=210, transcriber_latency=180, endpointing_latency=400, turn_latency=1302),
                vapi.TurnLatency(model_latency=488, voice_latency=190, transcriber_latency=170, endpointing_latency=410, turn_latency=1258),
            ],
            num_user_interrupted=0, num_assistant_interrupted=1)),
        call={"id": "vapi_corpus", "orgId": "org", "createdAt": moment(-1).isoformat(), "updatedAt": moment(80).isoformat()},
    ))


def retell_call() -> dict:
    spread = {"p50": 858, "p90": 905, "p95": 905, "p99": 905, "min": 812, "max": 905, "num": 2, "values": [812, 905]}
    call = retell.WebCallResponse(
        access_token="invented", agent_id="agent_corpus", agent_version=1, call_id="retell_corpus", call_status="ended",
        call_type="web_call", start_timestamp=int(BEGAN * 1000), end_timestamp=int((BEGAN + 74.21) * 1000), duration_ms=74210,
        disconnection_reason="user_hangup", transcript=SECRET,
        call_cost=retell.CallCost(combined_cost=14.2, total_duration_seconds=74, total_duration_unit_price=0.19, product_costs=[
            retell.CallCostProductCost(product="gpt_4o", cost=6.1, unit_price=0.08, is_transfer_leg_cost=False),
            retell.CallCostProductCost(product="elevenlabs_tts", cost=8.1, unit_price=0.11, is_transfer_leg_cost=False),
        ]),
        latency=retell.Latency(
            e2e=retell.LatencyE2E(**spread),
            llm=retell.LatencyLlm(p50=430, min=400, max=460, num=2, values=[400, 460]),
            tts=retell.LatencyTts(p50=190, min=180, max=200, num=2, values=[180, 200]),
            asr=retell.LatencyAsr(p50=95, min=90, max=100, num=2, values=[90, 100])),
        llm_token_usage=retell.LlmTokenUsage(values=[1420, 1502], average=1461, num_requests=2),
    )
    return call.model_dump(mode="json", exclude_none=True)


def tokens(count: int, price: float) -> el.LlmTokensCategoryUsage:
    return el.LlmTokensCategoryUsage(tokens=count, price=price)


def generation(scale: float) -> el.LlmUsageOutput:
    return el.LlmUsageOutput(model_usage={"gpt-4o": el.LlmInputOutputTokensUsage(
        input=tokens(int(800 * scale), 0.002 * scale), input_cache_read=tokens(int(600 * scale), 0.00075 * scale),
        input_cache_write=tokens(0, 0.0), output_total=tokens(int(100 * scale), 0.001 * scale))})


def elevenlabs_conversation() -> dict:
    charging = el.ConversationChargingCommonModel(
        tier="creator", dev_discount=False, llm_price=0.0075, llm_charge=38, call_charge=412, platform_charge=374, platform_price=0.0735,
        llm_usage=el.LlmCategoryUsage(irreversible_generation=generation(1), initiated_generation=generation(2)),
        tts_usage=el.ConversationTtsUsageModel(
            primary_tts_model="eleven_flash_v2_5", total_characters=820, total_audio_output_seconds=41.5),
        asr_usage=el.ConversationAsrUsageModel(asr_model="scribe_v2", total_transcription_calls=4, total_audio_input_seconds=30.2),
    )
    timed = el.ConversationTurnMetrics(metrics={
        "convai_asr_trailing_service_latency": el.MetricRecord(elapsed_time=0.12),
        "convai_llm_service_ttfb": el.MetricRecord(elapsed_time=0.39),
        "convai_llm_service_ttf_sentence": el.MetricRecord(elapsed_time=0.62),
        "convai_tts_service_ttfb": el.MetricRecord(elapsed_time=0.14),
    })
    return dumped(el.GetConversationResponseModel(
        agent_id="agent_corpus", conversation_id="conv_corpus", status="done", has_audio=True, has_user_audio=True,
        has_response_audio=True, has_auxiliary_audio=False,
        metadata=el.ConversationHistoryMetadataCommonModel(
            start_time_unix_secs=int(BEGAN), accepted_time_unix_secs=int(BEGAN), call_duration_secs=74, cost=412, cost_fiat=0.081,
            termination_reason="end_call tool was called.", charging=charging),
        transcript=[
            el.ConversationHistoryTranscriptResponseModel(role="agent", message=SECRET, time_in_call_secs=0, interrupted=False),
            el.ConversationHistoryTranscriptResponseModel(role="user", message=SECRET, time_in_call_secs=3, interrupted=False),
            el.ConversationHistoryTranscriptResponseModel(
                role="agent", message=SECRET, time_in_call_secs=5, interrupted=True, conversation_turn_metrics=timed),
        ],
    ))


call = retell_call()
write("vapi", "sdk_report.ndjson", [{"message": vapi_report()}])
write("retell", "sdk_call.ndjson", [{"event": "call_ended", "call": call}, {"event": "call_analyzed", "call": call}])
write("elevenlabs", "sdk_conversation.ndjson", [
    {"type": "post_call_transcription", "event_timestamp": int(BEGAN) + 76, "data": elevenlabs_conversation()}])
manifest("vapi", "python", ["vapi-server-sdk"], {"sdk_report.ndjson": "ServerMessageEndOfCallReport, dumped by alias, in its envelope"})
manifest("retell", "python", ["retell-sdk"], {"sdk_call.ndjson": "WebCallResponse; the SDK has no model of the webhook's envelope"})
manifest("elevenlabs", "python", ["elevenlabs"], {
    "sdk_conversation.ndjson": "GetConversationResponseModel; the SDK has no model of the webhook's envelope"})
