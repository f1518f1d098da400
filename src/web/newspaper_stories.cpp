#include "web/newspaper_stories.h"

namespace tocsin::web {

namespace {

constexpr NewspaperStory kStories[] = {
    {"storm-surge-port-aldery", "Storm Marit",
     "Port closes as the highest surge in sixty years bears down on Aldery",
     "Nine thousand people have until nine tonight to leave the lower town. Engineers say that "
     "the old wall will hold, if the wind turns when it should.",
     "By Ines Tavarell and Jonah Brekke in Port Aldery", "surge.svg",
     "Drawing: waves break over a harbour wall at night; a lighthouse throws its beam over the "
     "lit windows of the old town.",
     "Spray over the Long Wall at Port Aldery, a little after five this afternoon. Drawing: "
     "Harbour Post"},
    {"coastal-defence-bill", "Politics", "Parliament sits late to pass the coastal defence bill",
     "The government has the votes by three. Two of the three are on a train that has stopped.",
     "By Sunniva Roth, political editor", "parliament.svg",
     "Drawing: the parliament at dusk, its dome green and its windows lit, with people on the "
     "square.",
     "The vote was moved to eight so that the train could arrive. Drawing: Harbour Post"},
    {"night-ferry-returns", "Coast", "The night ferry is back, with bunks",
     "Twelve years after the last sailing, one can again fall asleep in the capital and wake in "
     "the Skerries.",
     "By Jonah Brekke on board the Halcyon", "ferry.svg",
     "Drawing: a white ferry with a red funnel on a blue sea, hills and a low sun behind it.",
     "The Halcyon leaves at nine and arrives with breakfast. Drawing: Harbour Post"},
    {"price-of-bread", "Business", "Why a loaf costs 4.20, and who gets the 20",
     "We followed one sack of flour from the field to the counter.", "By Teodor Lasky", "bread.svg",
     "Drawing: shelves of loaves under a red and white awning, with the prices 4.20 and 3.85.",
     "At Castellan's in Mill Street. Drawing: Harbour Post"},
    {"wind-and-sheep", "Climate", "The hill that lights forty thousand homes, and its sheep",
     "Seven turbines have stood on Corran Hill for a year. The neighbours, two and four-legged, "
     "have opinions.",
     "By Ama Quill", "turbines.svg",
     "Drawing: wind turbines on green hills at sunrise, with sheep in the grass.",
     "Corran Hill, a quarter past six in the morning. Drawing: Harbour Post"},
    {"derby-late-goal", "Sport", "Derby night: the keeper who scored",
     "Ninety-four minutes, a corner, and a goalkeeper with nothing left to guard.",
     "By Duarte Lund at the Ropewalk", "stadium.svg",
     "Drawing: a football match under floodlights, players in red and blue before a full stand.",
     "The Ropewalk was full an hour before the start. Drawing: Harbour Post"},
};

}  // namespace

std::span<const NewspaperStory> newspaper_stories() {
    return kStories;
}

}  // namespace tocsin::web
