// Proof that the consent ledger is as it was written: the walk over all of it, the proof of one
// reader's entries, and signed checkpoints, which whoever keeps them can hold against it later.
#include "audience/audience.h"
#include "audience/evidence.h"
#include "mail/single_mail.h"
#include "model/checkpoint.h"
#include "store/consent_audit.h"
#include "store/consent_tree.h"
#include "store/outbox.h"

namespace tocsin::audience {

namespace {

constexpr int kWalkRows = 1'000;  // in one read, so that others need not wait long
constexpr std::chrono::hours kCheckpointMailLife{72};

Error tree_is_behind() {
    return unavailable("the consent tree is still being built over older entries: ask again soon");
}

Error damaged(std::string what) {
    return Error(ErrorKind::Corrupt,
                 std::move(what) + ": `tocsin consent verify` names the first bad entry");
}

// The newest checkpoint, after signing one if there are entries that it does not cover.
Result<store::CheckpointRow> covering_checkpoint(store::Database& db,
                                                 const model::CheckpointKey& key, Time now) {
    const store::ConsentHead head = store::consent_head(db);
    if (head.seq == 0) {
        return conflict("the consent ledger is empty");
    }
    if (head.tree_size < head.seq) {
        return tree_is_behind();
    }
    if (auto last = store::last_checkpoint(db); last && last->size >= head.seq) {
        return std::move(*last);
    }
    const auto size = static_cast<std::uint64_t>(head.seq);
    const auto tree = model::TreeFrontier::read(size, head.frontier);
    if (!tree) {
        return damaged("the consent tree's end is damaged");
    }
    store::CheckpointRow made{head.seq, now, key.sign({size, tree->root()})};
    store::insert_checkpoint(db, made);
    return made;
}

ConsentCheckpoint checkpoint_of(store::CheckpointRow row) {
    return {row.size, row.at, std::move(row.note)};
}

Result<ProvedConsent> prove(store::Database& db, store::ConsentRow row,
                            const model::TreeHead& head) {
    ProvedConsent proved;
    proved.path = store::consent_inclusion(db, row.entry.seq, static_cast<std::int64_t>(head.size));
    const auto index = static_cast<std::uint64_t>(row.entry.seq - 1);
    if (!model::verify_inclusion(model::consent_leaf(row.entry), index, head.size, proved.path,
                                 head.root)) {
        return damaged(fmt::format("entry {} is not in the tree", row.entry.seq));
    }
    proved.wording = store::consent_wording(db, row.entry.wording_hash);
    proved.controller = store::consent_wording(db, row.entry.controller_hash);
    proved.entry = std::move(row.entry);
    proved.detail = row.detail.value_or(model::ConsentDetail());
    proved.origin = std::move(row.origin);
    return proved;
}

Result<ConsentProof> proof_of(store::Database& db, const store::SubscriberRow& reader,
                              ConsentCheckpoint checkpoint, const std::string& vkey) {
    TRY_AS(const model::Checkpoint signed_head, model::parse_checkpoint(checkpoint.note, vkey));
    ConsentProof proof;
    proof.address = reader.address;
    proof.address_key = reader.address_key;
    proof.salt = reader.salt;
    proof.key = vkey;
    for (store::ConsentRow& row : store::consent_of(db, reader.subject, kConsentOfReaderMax)) {
        if (row.entry.seq <= checkpoint.size) {
            TRY_AS(ProvedConsent proved, prove(db, std::move(row), signed_head.head));
            proof.entries.push_back(std::move(proved));
        }
    }
    proof.checkpoint = std::move(checkpoint);
    return proof;
}

// The old tree and the new one, or why the new one is not a longer old one.
Result<ConsentConsistency> compare_heads(store::Database& db, const model::Checkpoint& then,
                                         ConsentCheckpoint now, const std::string& vkey) {
    ConsentConsistency out;
    out.first = static_cast<std::int64_t>(then.head.size);
    out.key = vkey;
    out.checkpoint = std::move(now);
    if (out.first > out.checkpoint.size) {
        out.problem = fmt::format(
            "{} entries were signed, but the ledger has only {}: its end was "
            "cut off, or it is an older copy",
            out.first, out.checkpoint.size);
        return out;
    }
    TRY_AS(const model::Checkpoint newest, model::parse_checkpoint(out.checkpoint.note, vkey));
    out.proof = store::consent_consistency(db, out.first, out.checkpoint.size);
    out.consistent = model::verify_consistency(then.head, newest.head, out.proof);
    if (!out.consistent) {
        out.problem = fmt::format(
            "entries 1 to {} are not those that were signed: the ledger was rewritten", out.first);
    }
    return out;
}

std::string checkpoint_letter(const store::CheckpointRow& checkpoint, const std::string& vkey) {
    return fmt::format(
        "This is the state of the record of consent after {} entries, signed. Please keep it: it "
        "proves later that none of these entries was changed, removed or put in another order. It "
        "says nothing about any reader.\n\n"
        "{}\n"
        "It was signed with the key\n\n{}\n\n"
        "To check the record against it, save the lines from the first to the one that begins "
        "with a dash in a file, and run: tocsin consent consistency FILE\n",
        checkpoint.size, checkpoint.note, vkey);
}

}  // namespace

model::CheckpointKey Audience::checkpoint_key() const {
    const auto seed = keys_.pepper()("consent checkpoint key");
    const std::string& url = settings_.public_url;
    const std::size_t host = url.find("://");
    return model::CheckpointKey(
        fmt::format("{}/consent", url.substr(host == url.npos ? 0 : host + 3)),
        std::string(seed.begin(), seed.end()));
}

std::string Audience::consent_key() const {
    return checkpoint_key().vkey();
}

Task<Result<ConsentVerdict>> Audience::verify_consent() {
    store::ConsentAudit audit(consent_key());
    for (bool more = true; more;) {
        // A copy: the closure may outlive a caller that is gone.
        auto step = [audit](store::Database& db) mutable -> Result<store::ConsentAudit> {
            audit.step(db, kWalkRows);
            return std::move(audit);
        };
        CO_TRY_AS(audit, co_await store_.read(std::move(step)));
        more = !audit.over();
    }
    ConsentVerdict verdict;
    verdict.intact = audit.intact();
    verdict.entries = audit.entries();
    verdict.opened = audit.opened();
    verdict.checkpoints = audit.checkpoints();
    verdict.head_hash = audit.head_hash();
    verdict.root = audit.root();
    verdict.bad_seq = audit.bad_seq();
    verdict.problem = audit.problem();
    co_return verdict;
}

Task<Result<ConsentCheckpoint>> Audience::checkpoint_consent() {
    auto sign = [key = checkpoint_key(),
                 now = clock_.now()](store::Database& db) -> Result<ConsentCheckpoint> {
        TRY_AS(store::CheckpointRow row, covering_checkpoint(db, key, now));
        return checkpoint_of(std::move(row));
    };
    co_return co_await store_.write(std::move(sign));
}

Task<Result<std::vector<ConsentCheckpoint>>> Audience::consent_checkpoints(std::int64_t size,
                                                                           int limit) {
    auto look = [size, limit](store::Database& db) -> Result<std::vector<ConsentCheckpoint>> {
        std::vector<ConsentCheckpoint> out;
        for (store::CheckpointRow& row : store::checkpoints_after(db, size, limit)) {
            out.push_back(checkpoint_of(std::move(row)));
        }
        return out;
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<ConsentProof>> Audience::prove_consent(std::string address) {
    CO_TRY_AS(const store::SubscriberRow reader, co_await reader_of_address(std::move(address)));
    CO_TRY_AS(ConsentCheckpoint checkpoint, co_await checkpoint_consent());
    auto look = [id = reader.id, checkpoint,
                 vkey = consent_key()](store::Database& db) -> Result<ConsentProof> {
        const auto row = store::find_subscriber(db, id);
        if (!row) {
            return not_found("there is no reader with this address");
        }
        return proof_of(db, *row, checkpoint, vkey);
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<ConsentConsistency>> Audience::compare_consent(std::string note) {
    CO_TRY_AS(const model::Checkpoint then, model::parse_checkpoint(note, consent_key()));
    CO_TRY_AS(ConsentCheckpoint now, co_await checkpoint_consent());
    auto look = [then, now, vkey = consent_key()](store::Database& db) {
        return compare_heads(db, then, now, vkey);
    };
    co_return co_await store_.read(std::move(look));
}

Task<Status> Audience::note_controller() {
    auto note = [text = settings_.consent.controller](store::Database& db) -> Status {
        store::set_consent_controller(db, text);
        return {};
    };
    co_return co_await store_.write(std::move(note));
}

// Once, whichever machine comes first; the mail is on its way with the signature or not at all.
Task<Status> Audience::checkpoint_if_due() {
    const auto every = settings_.consent.checkpoint_every;
    if (every.count() == 0) {
        co_return Status();
    }
    auto sign = [this, every, now = clock_.now()](store::Database& db) -> Result<bool> {
        const auto last = store::last_checkpoint(db);
        const store::ConsentHead head = store::consent_head(db);
        const std::int64_t covered = last ? last->size : 0;
        if (head.tree_size <= covered || head.tree_size < head.seq ||
            (last && now < last->at + every)) {
            return false;
        }
        TRY_AS(const store::CheckpointRow made, covering_checkpoint(db, checkpoint_key(), now));
        if (settings_.consent.checkpoint_to.empty()) {
            return false;
        }
        TRY_AS(const store::NewOutboxMail mail, checkpoint_mail(made.size, made.note, now));
        store::insert_outbox(db, mail);
        return true;
    };
    CO_TRY_AS(const bool mailed, co_await store_.write(std::move(sign)));
    if (mailed) {
        tell_outbox();
    }
    co_return Status();
}

Result<store::NewOutboxMail> Audience::checkpoint_mail(std::int64_t size, const std::string& note,
                                                       Time now) const {
    mail::SingleMail mail;
    mail.from_name = settings_.sender.newspaper;
    mail.from_address = settings_.sender.from_address;
    mail.to_address = settings_.consent.checkpoint_to;
    mail.subject = fmt::format("Record of consent: {} entries, signed", size);
    mail.date = now;
    mail.message_id = fmt::format("consent-{}@{}", size,
                                  mail.from_address.substr(mail.from_address.rfind('@') + 1));
    mail.text = checkpoint_letter({size, now, note}, consent_key());
    mail.extra_headers = {{"Auto-Submitted", "auto-generated"}};
    store::NewOutboxMail out;
    TRY_AS(out.message, mail::build_single_mail(mail));
    out.mail_from = mail_from();
    out.rcpt_to = mail.to_address;
    out.now = now;
    out.not_after = now + kCheckpointMailLife;
    return out;
}

}  // namespace tocsin::audience
