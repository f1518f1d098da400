#include "store/import_jobs.h"

#include <gtest/gtest.h>

#include "store/test_database.h"

namespace tocsin::store {
namespace {

class ImportJobs : public EachEngineVerbs {};
INSTANTIATE_TEST_SUITE_P(Each, ImportJobs, kEngines, engine_name);

TEST_P(ImportJobs, GoOnWhereTheyWereAndBeginAnewWhenFinished) {
    ImportJobRow job = begin_import_job(*db_, "hash", ListId(1), "paper form", now_);
    job.next_row = 500;
    job.accepted = 480;
    job.refused = 15;
    job.duplicates = 5;
    save_import_job(*db_, job);
    const ImportJobRow again = begin_import_job(*db_, "hash", ListId(1), "another source", now_);
    EXPECT_EQ(again.id, job.id);
    EXPECT_EQ(again.next_row, 500);
    EXPECT_EQ(again.accepted, 480);
    EXPECT_EQ(again.consent_source, "paper form");
    EXPECT_NE(begin_import_job(*db_, "hash", ListId(2), "", now_).id, job.id);
    job.finished = true;
    save_import_job(*db_, job);
    EXPECT_TRUE(find_import_job(*db_, job.id)->finished);
    EXPECT_EQ(begin_import_job(*db_, "hash", ListId(1), "paper form", now_).next_row, 0);
    EXPECT_FALSE(find_import_job(*db_, 99'999));
}

}  // namespace
}  // namespace tocsin::store
