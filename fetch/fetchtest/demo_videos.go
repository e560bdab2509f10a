package fetchtest

import (
	"cmp"
	"embed"
	"slices"
)

//go:embed clips/*.mp4
var clips embed.FS

// DemoVideos returns the videos that were made from the pictures of Demo, the newest first. Among them are several of
// one picture, one of two pictures, one without a picture, one that is not finished, and two that the service does not
// show. Two can be downloaded.
func DemoVideos() []Video {
	videos := make([]Video, len(takes))
	for i, t := range takes {
		v := Video{Prompt: t.prompt, Status: t.status, Files: t.files, Created: hour(t.created), Width: 1366, Height: 768}
		if t.clip != "" {
			v.Clip, v.Paid = clip(t.clip), true
		}
		if len(t.files) == 0 {
			v.DrawCover = func() []byte { return sketch{w: 1366, h: 768, draw: dunes}.bytes(300, 1) }
		}
		videos[i] = v
	}
	slices.SortStableFunc(videos, func(a, b Video) int { return cmp.Compare(b.Created.Unix(), a.Created.Unix()) })
	return videos
}

func clip(name string) []byte {
	data, err := clips.ReadFile("clips/" + name)
	if err != nil {
		panic(err) // in the table below
	}
	return data
}

// take is a video that was asked for.
type take struct {
	created string // the hour, in UTC
	status  int
	files   []string
	clip    string // "" for none
	prompt  string
}

func from(names ...string) []string { return names }

// takes are in the order of their pictures.
var takes = []take{
	{"2024-07-02 07", Completed, from("misty-ridge-dawn.jpg"), "",
		"Mist drifts slowly through the valleys as the sun comes up behind the ridges. Static camera, calm, early morning light."},
	{"2024-07-05 21", Completed, from("low-sun-over-the-sea.jpg"), "low-sun.mp4",
		"Slow push in towards the sun, gentle swell on the water, the clouds hardly move. Warm golden hour, cinematic."},
	{"2024-07-05 22", Completed, from("low-sun-over-the-sea.jpg"), "",
		"The sun sinks below the horizon and the sky turns from orange to deep violet. Time lapse, locked-off shot."},
	{"2024-07-06 09", Moderated, from("low-sun-over-the-sea.jpg"), "",
		"A huge wave rises and runs towards the camera, chaos, disaster movie trailer."},
	{"2024-07-09 15", Completed, from("patchwork fields.jpg"), "",
		"Drone shot flying forward over the fields, shadows of clouds moving across the patchwork. Bright summer day."},
	{"2024-07-15 00", Completed, from("milky-way.jpg"), "",
		"Time lapse of the Milky Way turning above the horizon, one shooting star crosses from left to right."},
	{"2024-07-21 19", Completed, from("sailboat golden hour.jpg"), "",
		"The sailboat glides to the right, small ripples catch the light. Camera follows at the same speed, very smooth."},
	{"2024-07-21 20", Completed, from("teal-silk.jpg"), "",
		"Liquid silk folds and flows in teal and copper, highlights glide over it. Seamless loop, soft studio light."},
	{"2024-07-27 18", Completed, from("evening-dunes.jpg"), "",
		"Sand blows off the crest of the dunes in thin veils. Low sun, long shadows, the camera tracks slowly to the left."},
	{"2024-08-01 09", Completed, from("hailuo_first_frame_07.jpg"), "",
		"Fog rolls down into the valley and covers the trees, then the sun breaks through. No camera movement."},
	{"2024-08-01 10", Completed, from("hailuo_first_frame_07.jpg"), "",
		"Same valley, crane up slowly until only the peaks stand out of the fog. Epic, 35mm film look."},
	{"2024-08-13 00", Completed, from("lighthouse-at-nightfall.jpg"), "lighthouse.mp4",
		"Slow pull back from the lighthouse, its beam sweeps through the dusk. Painterly, quiet, stars come out."},
	{"2024-08-13 01", Completed, from("lighthouse-at-nightfall.jpg"), "",
		"A storm is coming: dark clouds race over the lighthouse, rain, flashes of lightning behind the horizon. Handheld."},
	{"2024-08-20 21", Completed, from("red-mesa.jpg"), "",
		"Dust devils wander past the mesa, heat shimmer over the ground. Wide western shot, the camera pans to the right."},
	{"2024-08-23 13", Completed, from("soap-bubble.png"), "",
		"Macro shot, the colours on the soap bubble swirl and run, and at the very end it pops in slow motion."},
	{"2024-08-29 17", Completed, from("ink-in-water.jpg"), "",
		"Ink blooms and sinks through clear water in slow motion. White background, elegant, abstract."},
	{"2024-09-03 08", Completed, from("above-the-clouds.jpg"), "",
		"Flying forward just above a sea of clouds at sunrise. Smooth, dreamlike, lens flare when the sun clears the haze."},
	{"2024-09-10 22", Completed, nil, "",
		"Endless dunes at dusk seen from a low drone, a line of footprints leads to the horizon. Photorealistic, soft light, 16:9."},
	{"2024-09-14 07", Completed, from("hot-air balloons.jpg"), "",
		"The balloons rise slowly and drift past each other, burners flare up now and then. Peaceful morning, slight parallax."},
	{"2024-09-24 08", Completed, from("forest_in_fog.jpg"), "",
		"Walking pace through the fog between the spruces, light shafts, a bird flies up in the distance. Steadicam."},
	{"2024-09-28 21", Completed, from("paper lanterns.jpg"), "",
		"Hundreds of paper lanterns float up into the night sky, flames flicker. Camera tilts up with them, emotional, vertical video."},
	{"2024-10-04 23", Completed, from("night-skyline.jpg", "rain-on-the-window.jpg"), "",
		"Lights go on and off in the towers, then the camera pulls back through the window and raindrops run down the glass. Lo-fi mood."},
	{"2024-10-05 08", 7, from("night-skyline.jpg"), "",
		"The lights of the whole city fail one block after another until everything is dark. Sirens, panic in the streets."},
	{"2024-10-12 03", Completed, from("aurora over fjord.png"), "",
		"Northern lights dance over the fjord and are mirrored in the water. Real-time, not sped up. Green and violet."},
	{"2024-10-22 21", Completed, from("ringed-planet.jpg"), "",
		"The spaceship's view: slow orbit around the ringed planet, shadow of the rings moves over its face. Silent, majestic."},
	{"2024-10-27 17", Completed, from("alpenglow.jpg"), "",
		"Last light climbs up the peaks & fades, first stars appear. Time lapse <10 s>, no people, no text."},
	{"2024-11-02 13", Completed, from("totality.jpg"), "",
		"The corona shimmers around the black sun, then a \"diamond ring\" flashes as the eclipse ends."},
	{"2024-11-19 18", Completed, from("first-snow.jpg"), "",
		"Thick snowflakes fall straight down, no wind, smoke curls up from the cabin, its windows glow warmly. Cozy, static shot."},
	{"2024-11-20 07", Processing, from("first-snow.jpg"), "",
		"The snow melts in time lapse and spring flowers come up in its place."},
}
