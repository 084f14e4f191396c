"""English, as it is said to an assistant."""

from soni.understanding.embedded.languages.base import Language, phrases, places, word_set

ENGLISH = Language(
    code="en",
    common=word_set("""
        a an the this that these those there here it its it's i i'm i'd i'll i've im id ill ive me my mine myself we we're us our ours
        you you're your yours he she they them him her his their is isn't are aren't was were be been being am do don't dont does
        doesn't did didn't doing done have haven't has had having can can't cannot could couldn't will won't would shall should might
        must may to of in on at for from with by as into about out off over and but or if so then than not no any some all every each
        what what's whats which who who's whom whose when when's where where's why how how's want wants wanted wanna need needs like
        would'd let let's lets help tell know give get gets got getting make making made go going gonna say see ask look looking way
        try trying thing things something anything everything someone anybody somebody hi hey hello thanks thank ok okay now today
        right up just please also too very really again more another one ones because able possible could've yes yeah
    """),
    fillers=phrases("""
        (please|pls|plz|kindly)
        (um|umm|uh|uhm|er|erm|hm|hmm|oh|ah|eh)
        (well|so|then|now|ok|okay|right|alright|great|cool|perfect|fine)
        (hi|hello|hey|hiya|yo|dear) [there|again|bot|assistant|everyone|all]
        good (morning|afternoon|evening|day)
        (thanks|thank you|thx|cheers|ta|many thanks) [a lot|so much|very much|in advance]
        (by the way|btw|excuse me|pardon me|you know|just|actually|basically)
        (right now|for me|if you can|if possible|if thats ok|if you dont mind|asap|real quick|quickly)
        (sir|madam|mate|man|dude|buddy|friend|folks)
    """),
    requests=phrases("""
        (i|we) (want|need|wish|wanna|like) [to|you to]
        (i would|id|we would|wed|i d) (like|love|prefer|rather) [to|you to]
        (can|could|would|will) you [please|kindly|just|help me|tell me]
        (can|could|may) (i|we) [please|just]
        (is it possible|would it be possible|i was wondering if i could|im wondering if i can) [to]
        (i am|im|we are|were) (trying|going|looking|hoping|about) [to|for]
        (i have|ive got|i got|i need|i must|i should) [to]
        (please|let me|lets|let us|help me|show me|tell me|give me|get me)
        (id like|i feel like|i am interested in|im interested in)
    """),
    questions=word_set("""
        what what's whats which who who's whos whom whose when when's where where's why how how's hows is are am was were do does did
        can could will would should shall may have has isn't aren't don't doesn't didn't can't won't
    """),
    acts={
        "cancel": phrases("""
            (cancel|stop|abort|quit|exit|nevermind|nvm|forget it|never mind|leave it|drop it|scrap that|scrap it)
            (cancel|stop|abort|quit|end|forget|forget about|drop|leave) [about] (it|this|that|everything|all of it|
                all this|the whole thing)
            [no|actually|oh|ok|wait] (never mind|nevermind|forget it|forget about it|leave it|cancel|cancel that|
                cancel it)
            (never mind|nevermind|forget it|cancel|stop) (that|it|this|then|now|all|about it|anyway)
            i (want|need|wish|would like) to (cancel|stop|quit|abort|exit|leave) [it|this|that|now|here]
            (id like|lets|let us|let me|can we|can i|can you|could you|please) [to] (cancel|stop|quit|abort|exit) [it|
                this|that|now|here]
            i (changed|have changed|ve changed) my mind
            ive changed my mind
            i (dont|do not) want (to do this|this|to continue|to do this anymore|it anymore|this anymore|to go on|
                to anymore) [anymore]
            i (no longer) want (this|it|to do this|to continue)
            (lets|let us) (not|forget it|stop here|leave it)
            (not|no) (interested|longer interested) [anymore]
            stop (stop|please)
            get me out of (here|this)
            (no|nope) (stop|cancel|forget it|nevermind|never mind)
            i give up
        """),
        "restart": phrases("""
            (start|begin) (over|again|anew|afresh|from scratch|from the beginning|from the start|all over|
                all over again|over again)
            [lets|let us|let me|can we|can i|could we|i want to|id like to|i would like to] (start|begin) (over|again|
                from scratch|all over)
            [lets|let us|let me|can we|can i|could we|i want to|id like to] (restart|reset) [this|everything|it|
                the conversation|the chat|all]
            (restart|reset) (the|this|our) (conversation|chat|session)
            (new|fresh) (conversation|start)
            back to (the start|the beginning|square one)
        """),
        "repeat": phrases("""
            (repeat|say|tell me) (that|it|this|the question|what you said|your question) [again|please|once more|
                one more time]
            repeat [please]
            (say|come) again
            say (it|that) (again|once more|one more time|another time)
            (can|could|would|will) you [please] (repeat|say|tell me) [that|it|this|the question|what you said|
                the last part] [again|please|once more]
            (what|what did|what was it|what were) you (say|said|saying|ask|asked|asking) [again|just now|before]
            what did you (say|ask) [me|just now|again]
            what (was|is) (that|it|the question) [again]
            (what|pardon|sorry|excuse me|huh|eh|come again)
            (pardon|sorry|excuse me) (what|me|what was that|what did you say|come again)
            i (didnt|did not|couldnt|could not) (hear|catch|get) (that|it|you|what you said|the question)
            (once|one) more [time] [please]
        """),
        "help": phrases("""
            help [me|please]
            (i|we) need [some|a little|your] help [here|please|with this|with that]
            (can|could|would) you help [me] [here|with this|with that|please|out]
        """),
        "abilities": phrases("""
            what (can|could|do) you (do|do for me|help me with|offer|help with)
            what (are|is) you (able to do|capable of|for)
            what are you for
            what (kind|sort) of (things|help) can you (do|offer|give)
            how (can|could) you help [me]
            what can i (ask|ask you|do here|do|do with this|say to you)
            what (things|services) (can you do|do you offer|do you know about)
        """),
        "explain": phrases("""
            (what|whats) (do|does) (you|that|this|it) mean [by that|by this|with that]
            what (is|s|exactly is) (that|this|it) (for|about|supposed to mean)
            (whats|what is) (that|this|it)
            what do you mean
            (why|what for|how come|for what|how so|for what reason|why on earth)
            (why|what for|how come) (that|this|it|though|exactly|is that|is this)
            (what|why) (do|would|should) (you|i|we) (need|want|ask|have to know|need to know|want to know|have to say) [that|
                this|it] for
            (what is|whats) the (reason|point|purpose) [of that|of this|for that|for this]
            how (do|did) you mean [that|this]
            why (do|would|should|must|does) (you|i|it|we) (need|ask|asking|want|require|have to|matter|
                know) [to] [give|tell|know|say|need] [you|me] [that|this|it|to know|to know that|to know this|for]
            why (are|re) you asking [me] [that|this|for that|for this]
            why (is|s) (that|this|it) [needed|necessary|required|important|relevant]
            (i|we) (dont|do not|didnt|did not) (understand|get it|get that|follow|understand that|understand this|
                understand the question|understand you)
            (im|i am) (confused|lost|not following|not sure what you mean|not sure i understand|not sure what you need)
            (can|could|would|will) you [please] (explain|clarify|elaborate) [that|this|it|what you mean|more|
                the question] [to me|please|again|on that]
            (explain|clarify|elaborate) [that|this|it|please|more]
            what (are|were) (my|the) (options|choices|possibilities)
            (which|what) (options|choices|possibilities|ones) (are there|do i have|can i choose|do you have|
                are available|exist)
            what can i (choose|choose from|pick|select|say|answer|enter|write|type)
            what (should|shall|must|do|am) i (say|do|answer|enter|write|type|supposed to say|supposed to do|
                supposed to enter) [here|now|next]
            how does (this|that|it) work
            (who|which|when|where|how|how much|how many|which one|which ones|what exactly|how exactly)
            what (do you|exactly do you) (need|want) [from me|exactly|to know|me to say|me to do]
            (like what|such as|meaning|which means|for example|give me an example)
        """),
        "unsure": phrases("""
            [i] (dont|do not|dunno|wouldnt) (know|know that|know it|remember|recall|have it|have that|have one) [yet|
                right now|sorry|exactly|at the moment|by heart]
            dunno
            (no|not a|i have no|ive no|got no) (idea|clue)
            [im|i am] not (sure|certain|so sure) [yet|about that|about it|which one|which|really]
            i (cant|cannot) (remember|recall|say|tell)
            i forgot
            (who knows|hard to say|beats me|no preference|maybe|perhaps|i dont mind|i dont care|whatever|it doesnt matter|
                doesnt matter|any|anything|anyone|you choose|you decide)
        """),
        "person": phrases("""
            [a|an] [real|live|actual] (human|human being|person|agent|operator|representative|advisor|adviser|rep|
                supervisor|manager) [please|now]
            customer (service|support|care) [please]
            (human|agent|operator|representative|someone) (please|now)
            is there (a|any) [real] (human|person|one|body) [i can talk to|there|here]
        """),
        "skip": phrases("""
            (skip|pass) [it|this|that|this one|that one|this question|that question|the question|for now|please]
            (id|i would|i want to|lets|can we|can i|could we|let me) [like to|rather|prefer to] (skip|pass|leave out|
                omit) [it|this|that|this one|that one|this question|the question|on that]
            (next|next one|next question|move on|go on|lets move on)
            (i prefer|id rather|i would rather|i would prefer) not [to] [say|tell|answer|tell you|give it|give that]
            leave (it|that|this) (blank|empty|out|open)
            (none of your business|not applicable|n/a|na)
        """),
        "greeting": phrases("""
            (hi|hello|hey|hiya|howdy|yo|greetings|heya|hullo|helo|helloo|hellooo|heyy|sup|hola)
            (hi|hello|hey|hiya) (there|again|you|bot|assistant|everyone|all|hi|hello|mate|buddy|friend)
            [hi|hello|hey] good (morning|afternoon|evening|day) [to you|there]
            (anybody|anyone|someone|somebody) (there|here|home)
            (is|are) (anybody|anyone|you|someone) there
            (nice|pleased|good) to (meet|see) you
        """),
        "thanks": phrases("""
            [ok|okay|great|perfect|cool|awesome|nice|alright|oh|good|fine|wonderful|excellent|yes|yeah|super|no] (thanks|thank you|
                thx|ty|cheers|ta|many thanks|much appreciated) [a lot|lots|so much|very much|a bunch|a million|again] [for that|
                for your help|for the help|for all your help|for everything|for helping|for helping me] [bye|goodbye|mate|then|
                anyway|thats all]
            (thats|that is|that was|you are|youre|its) (great|very kind|so kind|helpful|very helpful|awesome|perfect|amazing|
                the best|nice) [thanks|thank you]
            (i|we) (appreciate|really appreciate) (it|that|your help|this)
            (great|perfect|cool|awesome|nice|excellent|wonderful|amazing|brilliant|super|lovely|good job|well done|good bot|
                nice one|great job)
            (thats|that is|that will be|thatll be) (all|it|everything) [thanks|thank you|for now|for today|then|i needed]
            (nothing else|no more|no thats all|no thats it|nothing more|no nothing else) [thanks|thank you|for now]
            (im|i am) (good|fine|done) [thanks|thank you]
        """),
        "farewell": phrases("""
            (bye|goodbye|good bye|bye bye|see you|see ya|cya|ciao|farewell|later|see you later|talk to you later|ttyl|
                so long|good night|goodnight)
            (bye|goodbye) (for now|then|thanks|thank you|now|bot|see you)
            have a (good|nice|great|lovely) (day|one|evening|night|weekend|time)
            (i|ive|i have) (have to|got to|gotta) go [now]
            see you (soon|tomorrow|later|around|next time)
            (until|till) next time
        """),
        "how_are_you": phrases("""
            how (are|re|r) (you|u|ya|things|things going) [doing|today|feeling|going|now|this morning|this evening]
            (hows|how is) (it going|everything|everything going|your day|your day going|life|things) [today|with you|
                so far]
            (whats|what is) (up|new|going on|happening) [with you|today|bot]
            (you|u) (ok|okay|good|alright)
            are you (ok|okay|well|fine|good|doing well)
            (how do you do|how have you been|hows your day|hope you are well|i hope youre well)
        """),
        "who_are_you": phrases("""
            (who|what) (are|re|r) (you|u|you exactly|you really|you anyway)
            (whats|what is) your (name|purpose|job)
            (do you have a|have you got a|got a) name
            (are|r) (you|u) [a|an] [just|really|even] [a|an] (human|robot|bot|machine|computer|real|real person|person|
                ai|chatbot|program|alive|real human)
            (am i|im i) (talking|speaking|chatting) (to|with) [a|an] [real] (human|robot|bot|machine|computer|person|
                ai|chatbot|someone real)
            (is this|are you) a (bot|robot|machine|chatbot|computer|real person|human)
            (who|which company) (made|built|created|programmed|designed|trained|owns) you
            (how old are you|where are you from|where do you live|when were you (born|made))
            (introduce|tell me about) yourself
        """),
        "small_talk": phrases("""
            (tell|say|give) [me|us] [a|another] (joke|story|funny story|riddle|poem)
            (tell|say) [me] something (funny|interesting|nice)
            (sing|dance) [for me|me a song|a song|something]
            do you (love|like|hate|dream|sleep|eat|drink|have feelings|have friends|have a girlfriend|have a boyfriend|
                have kids|know me|like me|love me)
            (i|we) (love|like|hate|miss) (you|u)
            (you are|youre|ur|you re) [so|very|really|such] [a|an] (funny|smart|clever|cute|nice|stupid|dumb|useless|
                idiot|great|awesome|terrible|bad|good|boring|annoying|weird|sweet|slow)
            (lol|haha|hahaha|lmao|rofl|hehe|ha|ha ha|wow|omg|oops|yay|hooray|ok cool|ok great|i see|got it|understood|
                makes sense|interesting|nice to know|good to know)
            (what is|whats) the (meaning of life|answer to life)
            (im|i am) (bored|tired|sad|happy|lonely|fine|good|ok|okay|great|doing well|doing fine|doing good|
                not well) [today|thanks|thank you|and you]
            (will|would) you marry me
            (test|testing|test test|testing testing|ping)
        """),
    },
    anywhere={
        "explain": phrases("""
            what do you mean
            what does that mean
            what do i have to (say|answer|enter|do)
        """),
        "person": phrases("""
            (talk|speak|chat|connect me|put me through|transfer me|get me|pass me on|hand me over|switch me|
                redirect me) [now|directly] (to|with) (a|an|the|some|your|one of your) [real|live|actual|human|proper|
                support|customer|customer service|service|bank] (human|human being|humans|person|people|agent|agents|
                operator|representative|representatives|advisor|adviser|rep|supervisor|manager|employee|colleague|
                colleagues|assistant who is human|member of staff)
            (talk|speak|chat|connect me|put me through|transfer me) (to|with) (someone|somebody) [real|human|else|
                in person|from support|who is human|at the bank|please|about this|about it|on the phone]
            (talk|speak|chat|connect me|put me through|transfer me) (to|with) (humans|people|customer service|
                customer support|customer care|support|staff|an actual person|human)
            (want|need|like|get|have|give me|prefer) (a|an) [real|live|actual] (human|human being|real person|agent|
                operator|representative|live person|live agent|actual person)
            (real|actual|live) (human|human being|person|agent) please
            (not|instead of) (a|this) (bot|robot|machine|computer) please
        """),
    },
    corrections=phrases("""
        [no|nope|sorry|wait|oops|actually|oh|ah] [no|sorry|wait|actually] (i|we) (meant|mean|wanted|said) [to say|
            it to be|it should be|that its|it was]
        [no|nope|sorry|wait|oops|actually|oh] [no|sorry|wait|actually] (make|lets make|let us make|please make) (it|
            that|this|the) [rather]
        [no|nope|sorry|wait|oops|actually|oh] [no|sorry|wait] (it|that|this) (should|must|needs to|has to|
            was supposed to) [have|be|been]
        (correction|i misspoke|i mistyped|typo|my mistake|my bad|i made a mistake|i made a typo)
        (scratch|strike) that
        [no|sorry|wait|actually] (id|i would|wed|we would) rather [to|have]
        on second (thought|thoughts)
        [no|actually] (change|set|correct|switch|update) (it|that|this) [to|into]
    """),
    turns=phrases("""
        (no|nope|nah|not quite|not exactly)
        (sorry|oops|ooops|whoops|wait|hold on|hang on|hmm|oh)
        (actually|rather|instead|in fact)
        (yes|yeah|yep|ok|okay|sure|fine) (but|only|except)
        (but|except)
        (wrong|thats wrong|that is wrong|thats not right|incorrect|its wrong|not right|thats not correct|
            thats incorrect)
    """),
    refusals=phrases("""
        (no|nope|nah|none|nothing|nobody|no one|nowhere|never|without|empty|nil|null) [thanks|thank you|please|at all|
            of them|special|in particular]
        (theres|there is) (none|nothing|no one)
        i (dont|do not) (have|need|want) (one|any|it|that|anything)
    """),
    not_words=word_set("not dont never"),
    instead_of=phrases("""
        (instead of|rather than|not|and not|in place of)
    """),
    change=phrases("""
        (change|update|correct|modify|edit|fix|set|alter|amend|switch|replace|adjust|swap)
    """),
    become=word_set("to into as with by for be is"),
    wrong=word_set("wrong incorrect mistaken false different other another off"),
    negations=phrases("""
        (i|we) [really|certainly|definitely] (dont|do not|didnt|did not|never|no longer|wouldnt|would not|neither) [really|
            ever|actually|even] (want|wanted|wish|need|like|intend|plan|mean|meant|ask|asked|tell|told|said|say) [you|
            anyone|anybody] [to]
        (im|i am|were|we are) not (trying|going|asking|looking|planning|telling|about) [you] [to]
        (id|i would|wed|we would) (rather|prefer) not [to]
        (dont|do not|never|you mustnt|you must not|you shouldnt|you should not) [ever|you dare]
        (theres|there is) no (need|reason) to
        no (need|reason) to
    """),
    subjects=word_set("i you we they he she it know worry mind"),
    opposites=("un", "dis", "de"),
    copulas=word_set("is are be"),
    cancel=word_set("cancel stop abort quit forget drop"),
    articles=word_set("a an the my your his her their our its this that"),
    infinitives=word_set("""
        want wants wanted like love need needs needed have has had going able try trying tried ready used ought allowed wish hope hoping
        plan planning prefer supposed how where possible would'd happy about got forgot remember decide decided wanting help
    """),
    ends=word_set("""
        for on at by with until till because since when if so but using via around about before after as instead then who which that
        thanks please tomorrow today tonight now per into regarding within during worth
    """),
    begins=word_set("starting beginning ending from every each next weekly monthly yearly daily quarterly once twice"),
    joins=word_set("and & plus"),
    coordinates=word_set("and & plus or both either also well as"),
    people=word_set("us me myself i"),
    splits=phrases("""
        (and|but) (then|also|after that|afterwards|afterward|next) [i want to|i would like to|id like to|please]
        (then|afterwards|after that|also|plus)
        and
    """),
    neither=phrases("""
        (neither|none) [one] [of (them|those|these|the two|the above|that)]
        (neither|none) [of them|of those|of these|of the two|of the above|of that] [thanks|thank you|really]
        [no] (something|anything) (else|different|other)
        [no] (another|a different|some other) (one|thing)
        [no] (nothing|not any) [of them|of those|of these|of that|of the sort]
        [no] not (that|those|these|them|any|either|one) [of them|of those|of these]
        [no] (thats|that is|its|it is) not (it|what i want|what i wanted|what i mean|what i meant)
        [no] i (meant|want|wanted|mean|need) (something else|something different|neither|none) [of those|of these|of them]
    """),
    ordinals=places("first 1st former", "second 2nd", "third 3rd", "fourth 4th", "fifth 5th", last="last latter"),
    cardinals=places("1 one", "2 two", "3 three", "4 four", "5 five"),
    options=word_set("one option choice number possibility"),
    vague=word_set("""
        someone somebody anyone anybody person people it that this them him her me myself you something anything other another else everyone
        friend one place somewhere anywhere there here
    """),
    directions=(
        (
            "to",
            word_set("""
            to destination arrival arrive recipient payee target receiver beneficiary addressee into goes going arriving whom receives gets
            contact towards
        """),
        ),
        ("to", word_set("return end until checkout")),
        (
            "from",
            word_set("from origin departure source sender leaving leave starting pickup depart departing debit payer"),
        ),
        ("until", word_set("end until return back checkout through till last")),
        ("since", word_set("start begin beginning first checkin arrival outbound")),
        ("at", word_set("restaurant hotel venue store branch shop")),
        ("in", word_set("city town country place location area destination")),
        ("with", word_set("doctor companion stylist person dentist")),
        ("called", word_set("name title label nickname")),
        ("named", word_set("name title label nickname")),
        ("about", word_set("topic subject")),
        ("by", word_set("artist author")),
    ),
    open_ended=word_set("""
        note notes comment comments message reason remark remarks description text details feedback question request requests address
        memo content body complaint issue problem title subject topic query instructions reminder
    """),
    given_names=("first name", "firstname", "given name", "forename"),
    family_names=("last name", "lastname", "family name", "surname"),
    politeness=word_set(
        "actually instead please pls plz thanks thank you thx ok okay then now too also instead cheers right"
    ),
    units=(
        (
            word_set("kilo kilos kg kgs kilogram kilograms kilogramme kilogrammes gram grams"),
            word_set("weight weigh weighs heavy"),
        ),
        (word_set("km kms kilometre kilometres kilometer kilometers mile miles"), word_set("distance far mileage")),
        (
            word_set("cm metre metres meter meters centimetre centimetres centimeter centimeters"),
            word_set("height width"),
        ),
        (word_set("litre litres liter liters gallon gallons"), word_set("volume")),
        (word_set("euro euros eur dollar dollars usd bucks pound pounds gbp quid"), word_set("money price")),
        (word_set("percent percentage"), word_set("percent percentage")),
    ),
)
