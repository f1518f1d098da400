{{%LAYOUT templates/newspaper_layout.html.tpl}}
<p class="live"><span class="flag">Live</span> <a href="/news/storm-surge-port-aldery">Port Aldery closes as the surge nears the sea wall; lower town told to leave by nine tonight</a></p>
<h1 class="skip">The Harbour Post: today’s front page</h1>
<div class="front">
  <div class="lead">
    <article>
      <p class="kicker">Storm Marit</p>
      <h2 class="head"><a href="/news/storm-surge-port-aldery">Port closes as the highest surge in sixty years bears down on Aldery</a></h2>
      <p class="stand">Nine thousand people have until nine tonight to leave the lower town. Engineers say that the old wall will hold, if the wind turns when it should.</p>
      <p class="by">By Ines Tavarell and Jonah Brekke in Port Aldery</p>
      <figure>
        <img src="{{PICTURES}}/surge.svg" width="1200" height="750" alt="Drawing: waves break over a harbour wall at night; a lighthouse throws its beam over the lit windows of the old town.">
        <figcaption>Spray over the Long Wall at Port Aldery, a little after five this afternoon. Drawing: Harbour Post</figcaption>
      </figure>
    </article>
    <div class="pair">
      <article>
        <p class="kicker">What to do</p>
        <h2 class="head"><a href="/news/storm-surge-port-aldery">Where to go, what to bring, when the last bus leaves</a></h2>
        <p class="stand">Four schools and the ice rink are open. Bring papers, medicine and something warm; animals are welcome.</p>
      </article>
      <article>
        <p class="kicker">The wall</p>
        <h2 class="head"><a href="/news/storm-surge-port-aldery">Eleven centimetres: how a town came to trust a number</a></h2>
        <p class="stand">It was raised after the flood of 1962, and again in 1988. Then the money went elsewhere.</p>
      </article>
    </div>
    <section class="views" aria-labelledby="views">
      <h2 class="label" id="views">Opinion</h2>
      <div class="pair">
      <article class="opinion">
        <div><h3 class="head"><a href="/news/coastal-defence-bill">A wall is a promise. Keep it in good repair</a></h3><p class="by">Maren Oduya</p></div>
        <img src="{{PICTURES}}/opinion-1.svg" width="80" height="80" alt="">
      </article>
      <article class="opinion">
        <div><h3 class="head"><a href="/news/price-of-bread">What my baker knows that the bank does not</a></h3><p class="by">Ulf Castellan</p></div>
        <img src="{{PICTURES}}/opinion-2.svg" width="80" height="80" alt="">
      </article>
      </div>
    </section>
  </div>
  <div class="left">
    <article class="story">
      <p class="kicker">Politics</p>
      <h2 class="head"><a href="/news/coastal-defence-bill">Parliament sits late to pass the coastal defence bill</a></h2>
      <p class="stand">The government has the votes by three. Two of the three are on a train that has stopped.</p>
      <p class="by">By Sunniva Roth</p>
    </article>
    <article class="story">
      <a href="/news/price-of-bread" tabindex="-1" aria-hidden="true"><img src="{{PICTURES}}/bread.svg" width="1200" height="750" alt=""></a>
      <p class="kicker">Business</p>
      <h2 class="head"><a href="/news/price-of-bread">Why a loaf costs 4.20, and who gets the 20</a></h2>
      <p class="stand">We followed one sack of flour from the field to the counter.</p>
      <p class="by">By Teodor Lasky</p>
    </article>
    <article class="story">
      <p class="kicker">Climate</p>
      <h2 class="head"><a href="/news/wind-and-sheep">The hill that lights forty thousand homes, and its sheep</a></h2>
      <p class="stand">Seven turbines have stood on Corran Hill for a year. The neighbours have opinions.</p>
      <p class="by">By Ama Quill</p>
    </article>
    <article class="story">
      <p class="kicker">Sport</p>
      <h2 class="head"><a href="/news/derby-late-goal">The goal that nobody had a word for</a></h2>
      <p class="by">By Duarte Lund</p>
    </article>
  </div>
  <div class="right">
    {{>templates/signup_box.html.tpl}}
    <section class="story latest" aria-labelledby="latest">
      <h2 class="label" id="latest">The last hour</h2>
      <ul class="brief">
        <li><time>17:42</time> <a href="/news/storm-surge-port-aldery">Coast trains stop at Midmoor; buses from there</a></li>
        <li><time>17:31</time> <a href="/news/night-ferry-returns">Night ferry to the Skerries waits in the outer harbour</a></li>
        <li><time>17:08</time> <a href="/news/coastal-defence-bill">Speaker moves the vote to eight</a></li>
        <li><time>16:55</time> <a href="/news/derby-late-goal">Tonight’s derby goes ahead, forty minutes later</a></li>
      </ul>
    </section>
  </div>
  <section class="row" aria-label="More stories">
    <div class="cards">
      <article class="story"><a href="/news/night-ferry-returns" tabindex="-1" aria-hidden="true"><img src="{{PICTURES}}/ferry.svg" width="1200" height="750" alt=""></a><p class="kicker">Coast</p><h2 class="head"><a href="/news/night-ferry-returns">The night ferry is back, with bunks</a></h2></article>
      <article class="story"><a href="/news/coastal-defence-bill" tabindex="-1" aria-hidden="true"><img src="{{PICTURES}}/parliament.svg" width="1200" height="750" alt=""></a><p class="kicker">Politics</p><h2 class="head"><a href="/news/coastal-defence-bill">Two missing votes and a slow train</a></h2></article>
      <article class="story"><a href="/news/derby-late-goal" tabindex="-1" aria-hidden="true"><img src="{{PICTURES}}/stadium.svg" width="1200" height="750" alt=""></a><p class="kicker">Sport</p><h2 class="head"><a href="/news/derby-late-goal">Derby night: the keeper who scored</a></h2></article>
      <article class="story"><a href="/news/wind-and-sheep" tabindex="-1" aria-hidden="true"><img src="{{PICTURES}}/turbines.svg" width="1200" height="750" alt=""></a><p class="kicker">Climate</p><h2 class="head"><a href="/news/wind-and-sheep">Living under the blades of Corran Hill</a></h2></article>
    </div>
  </section>
</div>
<script src="{{EMBED_JS}}" defer></script>
