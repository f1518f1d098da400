// The consent ledger of the API: verify, prove, sign, compare. The proof's JSON is a format of its
// own, which others check without us: docs/CONSENT.md, tests/e2e/support/consent_proof.mjs.
#include "audience/audience.h"
#include "base/bytes.h"
#include "web/api_routes.h"
#include "web/api_support.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

using model::Permission;

json::string hex_json(std::string_view bytes) {
    return json_text(hex_encode(bytes));
}

json::array hashes_json(const std::vector<std::string>& hashes) {
    json::array out;
    for (const std::string& hash : hashes) {
        out.push_back(hex_json(hash));
    }
    return out;
}

json::value proved_detail_json(const audience::ProvedConsent& proved) {
    const model::ConsentDetail& detail = proved.detail;
    if (detail.empty()) {
        return nullptr;
    }
    json::object out;
    out["form_id"] = json_text(detail.form_id);
    out["page_url"] = json_text(detail.page_url);
    out["embed_origin"] = json_text(detail.embed_origin);
    out["locale"] = json_text(detail.locale);
    out["message_id"] = json_text(detail.message_id);
    out["token_hash"] = hex_json(detail.token_hash);
    return out;
}

json::value proved_origin_json(const audience::ProvedConsent& proved) {
    if (!proved.origin) {
        return nullptr;
    }
    json::object out;
    out["salt"] = hex_json(proved.origin->salt);
    out["ip"] = json_text(proved.origin->ip);
    out["user_agent"] = json_text(proved.origin->user_agent);
    return out;
}

// Everything that is hashed, so that the hash can be made again.
json::object proved_json(const audience::ProvedConsent& proved) {
    const model::ConsentEntry& entry = proved.entry;
    json::object out;
    out["format"] = entry.format;
    out["seq"] = entry.seq;
    out["type"] = json_text(entry.type);
    out["subject"] = hex_json(entry.subject);
    out["list"] = entry.list ? entry.list->value() : 0;
    out["list_name"] = json_text(entry.list_name);
    out["purpose"] = json_text(entry.purpose);
    out["wording_hash"] = hex_json(entry.wording_hash);
    out["wording"] = json_text(proved.wording);
    out["controller_hash"] = hex_json(entry.controller_hash);
    out["controller"] = json_text(proved.controller);
    out["page_url"] = json_text(entry.page_url);
    out["method"] = json_text(entry.method);
    out["actor"] = json_text(entry.actor);
    out["at"] = json_time(entry.at);
    out["at_ms"] = to_ms(entry.at);
    out["pii_commit"] = hex_json(entry.pii_commit);
    out["detail_commit"] = hex_json(entry.detail_commit);
    out["detail"] = proved_detail_json(proved);
    out["origin_commit"] = hex_json(entry.origin_commit);
    out["origin"] = proved_origin_json(proved);
    out["prev_hash"] = hex_json(entry.prev_hash);
    out["hash"] = hex_json(entry.hash);
    out["path"] = hashes_json(proved.path);
    return out;
}

Task<net::HttpResponse> get_verify(ApiCall call) {
    const Result<audience::ConsentVerdict> verdict =
        co_await call.services.audience.verify_consent();
    if (!verdict) {
        co_return api_problem(verdict.error());
    }
    json::object out;
    out["intact"] = verdict->intact;
    out["entries"] = verdict->entries;
    out["opened"] = verdict->opened;
    out["checkpoints"] = verdict->checkpoints;
    out["head_hash"] = hex_json(verdict->head_hash);
    out["root"] = hex_json(verdict->root);
    out["bad_seq"] = verdict->intact ? json::value(nullptr) : json::value(verdict->bad_seq);
    out["problem"] = json_text(verdict->problem);
    co_return api_json(200, out);
}

Task<net::HttpResponse> get_proof(ApiCall call) {
    const Result<audience::ConsentProof> proof =
        co_await call.services.audience.prove_consent(call.context.param("address"));
    if (!proof) {
        co_return api_problem(proof.error());
    }
    json::object out;
    out["format"] = "tocsin-consent-proof-1";
    out["address"] = json_text(proof->address);
    out["address_key"] = json_text(proof->address_key);
    out["salt"] = hex_json(proof->salt);
    out["key"] = json_text(proof->key);
    out["checkpoint"] = json_text(proof->checkpoint.note);
    json::array entries;
    for (const audience::ProvedConsent& proved : proof->entries) {
        entries.push_back(proved_json(proved));
    }
    out["entries"] = std::move(entries);
    co_return api_json(200, out);
}

Task<net::HttpResponse> post_checkpoint(ApiCall call) {
    const Result<audience::ConsentCheckpoint> made =
        co_await call.services.audience.checkpoint_consent();
    if (!made) {
        co_return api_problem(made.error());
    }
    json::object out;
    out["size"] = made->size;
    out["at"] = json_time(made->at);
    out["checkpoint"] = json_text(made->note);
    out["key"] = json_text(call.services.audience.consent_key());
    co_return api_json(200, out);
}

Task<Result<audience::ConsentConsistency>> compare_checkpoint(const ApiCall& call) {
    CO_TRY_AS(JsonBody body, JsonBody::parse(call.request()));
    std::string note = body.text("checkpoint");
    CO_TRY(body.done());
    co_return co_await call.services.audience.compare_consent(std::move(note));
}

Task<net::HttpResponse> post_consistency(ApiCall call) {
    const Result<audience::ConsentConsistency> found = co_await compare_checkpoint(call);
    if (!found) {
        co_return api_problem(found.error());
    }
    json::object out;
    out["consistent"] = found->consistent;
    out["first"] = found->first;
    out["second"] = found->checkpoint.size;
    out["checkpoint"] = json_text(found->checkpoint.note);
    out["key"] = json_text(found->key);
    out["proof"] = hashes_json(found->proof);
    out["problem"] = json_text(found->problem);
    co_return api_json(200, out);
}

}  // namespace

void add_api_consent_routes(Router& router, const NewsroomServices& services) {
    const auto add = [&router, &services](std::string_view method, std::string_view pattern,
                                          ApiHandler handler) {
        add_api(router, services, method, pattern, Permission::ReadSubscribers, handler);
    };
    add("GET", "/api/v1/consent/verify", get_verify);
    add("GET", "/api/v1/subscribers/{address}/proof", get_proof);
    // POST, because they may sign a checkpoint.
    add("POST", "/api/v1/consent/checkpoint", post_checkpoint);
    add("POST", "/api/v1/consent/consistency", post_consistency);
}

}  // namespace tocsin::web
