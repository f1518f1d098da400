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
     "Harbour Post",
     R"(The harbour master of Port Aldery closed the port at ten past four this afternoon, for the first time since 1964, and rang the bell himself. “It is on the wall of my office and I have dusted it for eleven years,” said Captain Rua Hallam. “I did not think that I would use it.”

The national weather office expects the sea to stand 3.1 metres above its usual height at twenty to ten tonight. That is eleven centimetres below the top of the Long Wall at its lowest point, beside the fish market, where soldiers were laying sandbags in a double row as the street lights came on.

Everyone who lives below Chandler Street, about nine thousand people, was told to leave by nine. The county opened four schools and the ice rink. By six, buses were leaving every four minutes from the Corn Hall, and the driver of the first, Petra Vann, had been round three times. “People bring the cat and the photographs,” she said. “Nobody has brought the television yet.”

The wall was raised by forty centimetres after the flood of 1962, and again in 1988. Dr Simeon Achterberg, who inspects it for the county, walked its whole length this morning with a hammer. “It is old, and it is sound,” he said. “What I cannot inspect is the wind.” If it turns to the north before nine, as forecast, the water will fall short. If it turns an hour late, it will not.

Coast trains stop at Midmoor until further notice. The bridge to the Skerries is closed to high vehicles. Hospitals in the lower town moved forty-six patients before noon.

The mayor, Odile Marchetti, asked people not to come and look. “There will be nothing to see,” she said, “and if there is, you must not be there to see it.”)"},
    {"coastal-defence-bill", "Politics", "Parliament sits late to pass the coastal defence bill",
     "The government has the votes by three. Two of the three are on a train that has stopped.",
     "By Sunniva Roth, political editor", "parliament.svg",
     "Drawing: the parliament at dusk, its dome green and its windows lit, with people on the "
     "square.",
     "The vote was moved to eight so that the train could arrive. Drawing: Harbour Post",
     R"(The coastal defence bill comes to its last vote tonight with the storm that it was written for at the door. It would spend 2.4 billion over nine years on walls, gates and, where there is no other way, on moving whole villages inland.

The government counts 151 votes of 299. Two of them, the members for Midmoor and West Aldery, are on the 14.20 from the coast, which has stood at a red signal outside Brandt since a quarter to four.

The Speaker, Ansgar Fell, moved the vote from six to eight. “This house has waited eleven years for the bill,” he told members. “It can wait two hours for a train.”

The opposition says that the plan is right and the money is not there. “You cannot hold back the sea with a promissory note,” said Liv Ostergaard, who speaks for it on finance. She would pay with a levy on coastal property worth more than two million.

If the bill passes, work begins at Port Aldery in the spring. The first contract, for a gate across the inner harbour, has been drawn up since last year and lies in a drawer on the second floor of the ministry.)"},
    {"night-ferry-returns", "Coast", "The night ferry is back, with bunks",
     "Twelve years after the last sailing, one can again fall asleep in the capital and wake in "
     "the Skerries.",
     "By Jonah Brekke on board the Halcyon", "ferry.svg",
     "Drawing: a white ferry with a red funnel on a blue sea, hills and a low sun behind it.",
     "The Halcyon leaves at nine and arrives with breakfast. Drawing: Harbour Post",
     R"(At nine in the evening the Halcyon lets go of the quay, and the people on deck do what people on ferries have always done: they wave at strangers, and the strangers wave back.

The night ferry to the Skerries was given up twelve years ago, when flying cost less than the bunk. It came back this autumn because the islands asked for it, and because it turned out that 340 people a night would rather sleep.

A bunk costs 58, a cabin for two 190, a dog nothing. The kitchen makes one dish and it is fish soup. By midnight the bar is empty and the corridor has the hum that those who grew up with it call the best sleeping medicine there is.

Tonight the Halcyon waits in the outer harbour until the storm has passed. Passengers have been given their soup.)"},
    {"price-of-bread", "Business", "Why a loaf costs 4.20, and who gets the 20",
     "We followed one sack of flour from the field to the counter.", "By Teodor Lasky", "bread.svg",
     "Drawing: shelves of loaves under a red and white awning, with the prices 4.20 and 3.85.",
     "At Castellan's in Mill Street. Drawing: Harbour Post",
     R"(The farmer gets 31 cents. The mill gets 22, the lorry 9, the electricity for the oven 38. Rent, in Mill Street, is 41. Wages are the largest slice, 1.52, and the baker, who gets up at two, would like it to be known that they are not hers.

We followed sack number 4471 for eleven days, from a field at Corran to the counter of Castellan’s bakery, and asked everyone who touched it what they were paid and what they had been paid two years ago.

Almost everyone gets more than they did, and almost nobody has more left. The exception is the owner of the building. The 20 cents by which the loaf went up in March are, to within a cent, the rise in the rent.

“People ask me why it is so dear,” said Ilse Castellan. “I tell them to look up. Not to heaven. To the second floor.”)"},
    {"wind-and-sheep", "Climate", "The hill that lights forty thousand homes, and its sheep",
     "Seven turbines have stood on Corran Hill for a year. The neighbours, two and four-legged, "
     "have opinions.",
     "By Ama Quill", "turbines.svg",
     "Drawing: wind turbines on green hills at sunrise, with sheep in the grass.",
     "Corran Hill, a quarter past six in the morning. Drawing: Harbour Post",
     R"(The sheep decided first. By the second week they lay in the long shadows of the towers at noon and moved with them, like the hands of a clock.

The people of Corran took longer. The village voted 212 to 198 for the seven turbines, and for a year the two sides of the church have sat as they voted. What brought them together in the end was the electricity bill, which is now forty per cent below the county’s, because the village owns two of the seven.

The turbines made 168 gigawatt hours in their first year, a little more than was promised. One was struck by lightning in August and stood still for nine days, and it was noticed that people missed it.)"},
    {"derby-late-goal", "Sport", "Derby night: the keeper who scored",
     "Ninety-four minutes, a corner, and a goalkeeper with nothing left to guard.",
     "By Duarte Lund at the Ropewalk", "stadium.svg",
     "Drawing: a football match under floodlights, players in red and blue before a full stand.",
     "The Ropewalk was full an hour before the start. Drawing: Harbour Post",
     R"(There are things that a goalkeeper should not do, and Mateus Ferrow did all of them on Saturday. He left his goal in the ninety-fourth minute. He ran past his own manager, who was shouting at him to go back. He jumped, with his eyes closed, as he admitted later, at the far post.

The ball struck the side of his head and went in off the bar, and for a moment the Ropewalk made no sound at all, because nobody had seen such a thing and nobody knew what it was called.

It was called one all. Harbour keep the cup for another year, and Ferrow has a lump above his ear which he says he would not sell.

Tonight’s return leg goes ahead, forty minutes late because of the storm.)"},
};

}  // namespace

std::span<const NewspaperStory> newspaper_stories() {
    return kStories;
}

}  // namespace tocsin::web
