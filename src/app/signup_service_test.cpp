#include "app/signup_service.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/temp_folder.h"

namespace tocsin::app {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

class DomainsFile : public testing::Test {
  protected:
    std::string file(const std::string& text) {
        std::ofstream(temp_.file("domains.txt")) << text;
        return temp_.file("domains.txt");
    }
    store::TempFolder temp_;
};

TEST_F(DomainsFile, HasOneDomainALine) {
    const auto read = read_domains(file("# thrown away\n\nBin.example\r\n  b\u00fccher.example\n"));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_THAT(*read, UnorderedElementsAre("bin.example", "xn--bcher-kva.example"));
}

TEST_F(DomainsFile, ABadLineIsNamed) {
    const auto read = read_domains(file("bin.example\nnot a domain\n"));
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message(), HasSubstr("domains.txt:2: "));
    EXPECT_FALSE(read_domains(temp_.file("none")));
}

}  // namespace
}  // namespace tocsin::app
