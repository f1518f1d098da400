// Every limit, with its unit and its reason. Full means refuse or wait, never grow.
#pragma once

#include <chrono>
#include <cstddef>

namespace tocsin::limits {

// --- addresses (RFC 5321 section 4.5.3.1, RFC 1035 section 2.3.4) ---
inline constexpr std::size_t kAddressLocalBytesMax = 64;
inline constexpr std::size_t kAddressBytesMax = 254;  // a path of 256 less its angle brackets
inline constexpr std::size_t kDomainBytesMax = 253;
inline constexpr std::size_t kDomainLabelBytesMax = 63;

// --- HTTP ---
inline constexpr std::size_t kHttpHeaderBytesMax = 16 * 1024;  // far above any browser's headers
inline constexpr std::size_t kHttpBodyBytesMax = 1024 * 1024;  // forms and API documents
inline constexpr std::size_t kHttpImportBodyBytesMax = 8 * 1024 * 1024;  // one chunk of an import
inline constexpr std::size_t kHttpConnectionsMax = 12'000;  // 10,000 idle ones must not stop us
inline constexpr std::chrono::seconds kHttpHeaderTime{10};  // slow-loris
inline constexpr std::chrono::seconds kHttpBodyTime{60};    // a whole body, however slow the line
inline constexpr std::chrono::seconds kHttpWriteTime{60};   // one write: the other end must read
inline constexpr std::chrono::seconds kHttpIdleTime{60};
inline constexpr std::size_t kFormFieldsMax = 64;
inline constexpr std::size_t kFormFieldBytesMax = 64 * 1024;

// --- SMTP ---
inline constexpr std::size_t kSmtpReplyLineBytesMax = 2048;  // RFC 5321 says 512; be generous
inline constexpr std::size_t kSmtpReplyLinesMax = 128;
inline constexpr std::size_t kMailLineBytesMax = 998;  // RFC 5322 section 2.1.1, without CRLF
inline constexpr std::size_t kMessageBytesMax = 2 * 1024 * 1024;
inline constexpr std::chrono::seconds kSmtpConnectTime{30};
inline constexpr std::chrono::seconds kSmtpGreetingTime{300};  // RFC 5321 section 4.5.3.2.1
inline constexpr std::chrono::seconds kSmtpCommandTime{300};   // 4.5.3.2.2 to 4.5.3.2.4
inline constexpr std::chrono::seconds kSmtpFinalDotTime{600};  // 4.5.3.2.6: shorter duplicates mail

// --- DNS and mail exchangers ---
inline constexpr std::chrono::seconds kDnsTtlMin{60};  // a TTL of 0 must not cost a query a mail
inline constexpr std::chrono::seconds kDnsTtlMax{6 *
                                                 3'600};  // a moved domain is noticed the same day
inline constexpr std::chrono::seconds kDnsNegativeTtlMax{900};  // a mended domain within minutes
inline constexpr std::chrono::seconds kDnsFailureTtl{20};  // SERVFAIL: asked again, not hammered
inline constexpr std::chrono::seconds kDnsWaitTime{
    60};  // for an answer, the queue before it included
inline constexpr std::size_t kDnsCacheEntriesMax = 20'000;    // domains, and as many hosts
inline constexpr std::size_t kMxAddressesMax = 8;             // that one session tries
inline constexpr std::chrono::minutes kMxDeadAddressTime{5};  // tried last meanwhile
inline constexpr std::chrono::hours kMxBrokenTlsTime{72};     // as KumoMTA: long, yet not for ever

// --- alerts ---
inline constexpr std::size_t kHeadlineBytesMax = 250;
inline constexpr std::size_t kSummaryBytesMax = 2'000;
inline constexpr std::size_t kAlertBodyBytesMax = 100'000;
inline constexpr std::size_t kUrlBytesMax = 2'000;
inline constexpr std::size_t kIdempotencyKeyBytesMax = 200;
inline constexpr std::size_t kAlertListsMax = 64;  // lists that one alert goes to

// --- delivery ---
inline constexpr std::size_t kPartitionRecipients = 10'000;
// A domain with so many recipients has partitions of its own, so that a slow one delays no other.
inline constexpr std::size_t kPartitionDomainRecipients = 2'000;
// A large audience is put together before its release (delivery/prepared_audience.h). Freezing so
// few at the release costs 20 ms: nothing is prepared for them.
inline constexpr std::size_t kAudiencePreparedMin = 20'000;
inline constexpr std::size_t kAudiencesPrepared = 4;  // sets of lists; 1.4 MB a million recipients
inline constexpr std::size_t kAudienceChangesMax = 20'000;  // more: it is put together anew
// Subscribers of one step, 10 ms of the store thread; 50 ms if a release waits for it.
inline constexpr std::size_t kAudienceStep = 10'000;
inline constexpr std::size_t kAudienceHurriedStep = 50'000;
inline constexpr std::size_t kOutcomeGroupRecords = 1'024;        // commit at this many ...
inline constexpr std::chrono::milliseconds kOutcomeGroupTime{5};  // ... or after this long
inline constexpr std::size_t kReplyTextBytesMax = 256;            // kept of a server's reply

// --- store ---
inline constexpr std::size_t kStoreQueueDepth = 65'536;  // closures waiting for the store thread
inline constexpr std::size_t kStoreGroupJobs = 1'024;  // a group commits at this many closures ...
// ... on PostgreSQL fewer than 64 savepoints, beyond which others look each up on disk ...
inline constexpr std::size_t kStoreGroupJobsPostgres = 60;
inline constexpr std::chrono::milliseconds kStoreGroupTime{5};  // ... or after this long
inline constexpr std::size_t kListsMax = 1'000;                 // every page shows all lists
// How long PostgreSQL may be silent: a half-open connection would wait for ever. Groups wait for
// locks of others (30 s); reads may sort long, and a commit may wait for a synchronous standby.
inline constexpr std::chrono::seconds kStoreLockTime{30};  // then it ends as Unavailable
inline constexpr std::chrono::minutes kStoreAnswerTime{2};
inline constexpr std::chrono::minutes kStoreLongAnswerTime{10};
inline constexpr std::chrono::seconds kSignalAnswerTime{15};
inline constexpr int kStoreReaders = 2;  // connections for reads alone, PostgreSQL only
inline constexpr std::size_t kStoreStatementsMax = 512;  // prepared and kept; more starts afresh

// --- import ---
// Rows of one chunk: one transaction of about 50 ms, so that a running alert's outcomes need not
// wait longer for the store thread.
inline constexpr std::size_t kImportRowsMax = 2'000;
// A line of a list of members: a name and an address; longer ones hold no address.
inline constexpr std::size_t kImportLineBytesMax = 4'096;
// On a database of several nodes: some 400 journeys, 0.4 s over a network of 1 ms.
inline constexpr std::size_t kImportRowsShared = 100;
inline constexpr std::size_t kConsentSourceBytesMax = 1'000;
inline constexpr std::size_t kWordingBytesMax = 10'000;
// Of a consent's evidence: names, tags and addresses that are far shorter; and a browser's name of
// itself, of which 500 bytes tell all that anybody reads.
inline constexpr std::size_t kEvidenceTextBytesMax = 100;
inline constexpr std::size_t kUserAgentBytesMax = 500;

}  // namespace tocsin::limits
